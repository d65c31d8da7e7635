import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { useKeys, useRowKeys } from '@/lib/keys';
import { Button, ButtonLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty, Notice } from '@/ui/States';
import { TabLink, Tabs } from '@/ui/Tabs';
import '../strings';
import { BuyDrawer } from '../parts/BuyDrawer';
import { ImportDrawer } from '../parts/ImportDrawer';
import { NumbersTable } from '../parts/NumbersTable';
import { ReleaseDialog } from '../parts/ReleaseDialog';

const route = getRouteApi('/_app/numbers/');

/** The company's numbers: buy, take over, release; each has a page of its own. */
export function NumbersPage() {
  const { t } = useTranslation(['numbers', 'common']);
  const navigate = useNavigate();
  const search = route.useSearch();
  const [releasing, setReleasing] = useState<PhoneNumber | null>(null);
  const [bought, setBought] = useState<string | null>(null);
  const canBuy = useCan('number.buy');
  const numbers = $api.useQuery(
    'get',
    '/v1/numbers',
    { params: { query: { limit: 100 } } },
    {
      refetchInterval: ({ state }) =>
        state.data?.data.some((each) => each.status === 'pending') ? 2_000 : false,
    },
  );
  const open = (what: { buy?: boolean; import?: boolean }) => void navigate({ to: '/numbers', search: what });
  const close = () => open({});
  const got = (e164: string) => {
    setBought(e164);
    close();
  };
  useKeys({ c: () => canBuy && open({ buy: true }) });
  useRowKeys();

  const acts = canBuy && (
    <>
      <Button onClick={() => open({ import: true })}>{t('import.open')}</Button>
      <Button kind="primary" onClick={() => open({ buy: true })}>
        {t('buy')}
      </Button>
    </>
  );
  return (
    <Page
      title={t('common:page.numbers')}
      aside={numbers.data && t('count', { count: numbers.data.data.length })}
      actions={acts}
    >
      <Tabs label={t('common:page.numbers')}>
        <TabLink to="/numbers" activeOptions={{ exact: true, includeSearch: false }}>
          {t('common:page.numbers')}
        </TabLink>
        <TabLink to="/numbers/pools">{t('common:page.pools')}</TabLink>
      </Tabs>
      <Body>
        {bought && (
          <div className="max-md:px-3">
            <Notice kind="ok">
              <div className="flex flex-wrap items-center gap-3">
                {t('bought', { number: phone(bought) })}
                <ButtonLink to="/live" size="small">
                  {t('toLive')}
                </ButtonLink>
              </div>
            </Notice>
          </div>
        )}
        <div className="border-y border-line bg-surface md:rounded md:border-x">
          <Answer of={numbers} problem={asProblem}>
            {({ data }) =>
              data.length === 0 ? (
                <Empty
                  title={t('empty.title')}
                  hint={t('empty.hint')}
                  action={<div className="flex flex-wrap justify-center gap-2">{acts}</div>}
                />
              ) : (
                <NumbersTable numbers={data} onRelease={setReleasing} />
              )
            }
          </Answer>
        </div>
      </Body>
      <BuyDrawer open={search.buy === true && canBuy} onClose={close} onBought={got} />
      <ImportDrawer open={search.import === true && canBuy} onClose={close} onImported={got} />
      <ReleaseDialog number={releasing} onClose={() => setReleasing(null)} />
    </Page>
  );
}
