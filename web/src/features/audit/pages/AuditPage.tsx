import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { download } from '@/api/client';
import { asProblem } from '@/api/problem';
import { FormProblem, useAct } from '@/lib/forms';
import { useRowKeys } from '@/lib/keys';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { fileOf, listAudit } from '../model';
import { AuditFilters } from '../parts/AuditFilters';
import { AuditTable } from '../parts/AuditTable';
import { Chain } from '../parts/Chain';
import { type AuditSearch, isFiltered, queryOf } from '../search';

const route = getRouteApi('/_app/audit');

/** Who did what, to what, from where, and whether anybody has tampered with that. */
export function AuditPage() {
  const { t } = useTranslation(['audit', 'common']);
  const navigate = useNavigate();
  const search = route.useSearch();
  const list = usePages(['get', '/v1/audit_log', queryOf(search)], (cursor, signal) =>
    listAudit(search, cursor, signal),
  );
  const { busy, problem, act } = useAct();
  const save = () => act(() => download(fileOf(search), 'audit-log.csv'));
  const change = (to: AuditSearch) =>
    void navigate({ to: '/audit', search: (old) => ({ ...old, ...to }), replace: true });
  const clear = () => void navigate({ to: '/audit', search: {}, replace: true });
  useRowKeys();
  return (
    <Page
      title={t('common:page.audit')}
      aside={<Chain />}
      actions={
        <Button busy={busy} onClick={() => void save()}>
          <Download size={16} aria-hidden="true" />
          {t('common:export.open')}
        </Button>
      }
    >
      <AuditFilters search={search} onChange={change} />
      <Body>
        <FormProblem problem={problem} />
        <div className="border-y border-line bg-surface md:rounded md:border-x">
          <Answer of={list} problem={asProblem} rows={8}>
            {({ pages }) => {
              const entries = pages.flatMap((page) => page.data);
              if (entries.length > 0) return <AuditTable entries={entries} />;
              return isFiltered(search) ? (
                <Empty title={t('nothing')} action={<Button onClick={clear}>{t('clear')}</Button>} />
              ) : (
                <Empty title={t('empty.title')} hint={t('empty.hint')} />
              );
            }}
          </Answer>
        </div>
        <More of={list} />
      </Body>
    </Page>
  );
}
