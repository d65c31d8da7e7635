import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { Button, ButtonLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty, Notice } from '@/ui/States';
import '../strings';
import { BuyDrawer } from '../parts/BuyDrawer';
import { EditDialog } from '../parts/EditDialog';
import { NumbersTable } from '../parts/NumbersTable';
import { ReleaseDialog } from '../parts/ReleaseDialog';

const route = getRouteApi('/_app/numbers');

/** The company's numbers: buy, say who answers, release. */
export function NumbersPage() {
  const { t } = useTranslation(['numbers', 'common']);
  const navigate = useNavigate();
  const { buy = false } = route.useSearch();
  const [editing, setEditing] = useState<PhoneNumber | null>(null);
  const [releasing, setReleasing] = useState<PhoneNumber | null>(null);
  const [bought, setBought] = useState<string | null>(null);
  const canBuy = useCan('number.buy');
  const numbers = $api.useQuery(
    'get',
    '/v1/numbers',
    {},
    {
      refetchInterval: ({ state }) =>
        state.data?.data.some((each) => each.status === 'pending') ? 2_000 : false,
    },
  );
  const openBuy = (open: boolean) => void navigate({ to: '/numbers', search: open ? { buy: true } : {} });
  useKeys({ c: () => canBuy && openBuy(true) });

  const buyButton = canBuy && (
    <Button kind="primary" onClick={() => openBuy(true)}>
      {t('buy')}
    </Button>
  );
  return (
    <Page
      title={t('common:page.numbers')}
      aside={numbers.data && t('count', { count: numbers.data.data.length })}
      actions={buyButton}
    >
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
                <Empty title={t('empty.title')} hint={t('empty.hint')} action={buyButton} />
              ) : (
                <NumbersTable numbers={data} onEdit={setEditing} onRelease={setReleasing} />
              )
            }
          </Answer>
        </div>
      </Body>
      <BuyDrawer
        open={buy && canBuy}
        onClose={() => openBuy(false)}
        onBought={(e164) => {
          setBought(e164);
          openBuy(false);
        }}
      />
      <EditDialog number={editing} onClose={() => setEditing(null)} />
      <ReleaseDialog number={releasing} onClose={() => setReleasing(null)} />
    </Page>
  );
}
