import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { NumberPool } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { Button } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import { TabLink, Tabs } from '@/ui/Tabs';
import '../strings';
import { DeletePool } from '../parts/DeletePool';
import { PoolDrawer } from '../parts/PoolDrawer';
import { PoolsTable } from '../parts/PoolsTable';

/** Groups of numbers from which one is chosen for each outgoing call. */
export function PoolsPage() {
  const { t } = useTranslation(['pools', 'common']);
  const configures = useCan('number.configure');
  const [editing, setEditing] = useState<NumberPool | 'new' | null>(null);
  const [deleting, setDeleting] = useState<NumberPool | null>(null);
  const pools = $api.useQuery('get', '/v1/number_pools', { params: { query: { limit: 100 } } });
  useKeys({ c: () => configures && setEditing('new') });
  const create = configures && (
    <Button kind="primary" onClick={() => setEditing('new')}>
      {t('create')}
    </Button>
  );
  return (
    <Page title={t('common:page.pools')} actions={create}>
      <Tabs label={t('common:page.numbers')}>
        <TabLink to="/numbers" activeOptions={{ exact: true, includeSearch: false }}>
          {t('common:page.numbers')}
        </TabLink>
        <TabLink to="/numbers/pools">{t('common:page.pools')}</TabLink>
      </Tabs>
      <Body>
        <div className="border-y border-line bg-surface md:rounded md:border-x">
          <Answer of={pools} problem={asProblem}>
            {({ data }) =>
              data.length === 0 ? (
                <Empty title={t('empty.title')} hint={t('empty.hint')} action={create} />
              ) : (
                <PoolsTable pools={data} onEdit={setEditing} onDelete={setDeleting} />
              )
            }
          </Answer>
        </div>
      </Body>
      <PoolDrawer pool={editing} onClose={() => setEditing(null)} />
      <DeletePool pool={deleting} onClose={() => setDeleting(null)} />
    </Page>
  );
}
