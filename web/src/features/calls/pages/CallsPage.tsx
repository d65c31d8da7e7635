import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import { useExport } from '@/lib/Export';
import { useCan } from '@/lib/hooks';
import { useKeys, useRowKeys } from '@/lib/keys';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { columns } from '../export';
import { type Filters as CallFilters, type CallsSearch, isFiltered, noFilters, queryOf } from '../filters';
import { CallsTable } from '../parts/CallsTable';
import { Filters } from '../parts/Filters';
import { Peek } from '../parts/Peek';
import { PlaceDialog } from '../parts/PlaceDialog';
import { Views } from '../parts/Views';

const route = getRouteApi('/_app/calls/');

/** The history of calls, newest first, and the way to place one. */
export function CallsPage() {
  const { t } = useTranslation(['calls', 'common']);
  const navigate = useNavigate();
  const search = route.useSearch();
  const canPlace = useCan('call.create');
  const query = queryOf(search);
  const calls = usePages(['get', '/v1/calls', query], async (cursor, signal) =>
    body(await api.GET('/v1/calls', { params: { query: { ...query, limit: 50, cursor } }, signal })),
  );
  const change = (to: CallsSearch, replace = true) =>
    void navigate({ to: '/calls', search: (old) => ({ ...old, ...to }), replace });
  const clear = () => change(noFilters);
  const openPlace = (open: boolean) => change({ place: open || undefined, ring: undefined }, !open);
  const peek = (id: string | undefined) => change({ peek: id });
  const file = useExport({
    name: 'calls',
    columns,
    load: async (cursor, signal) =>
      body(await api.GET('/v1/calls', { params: { query: { ...query, limit: 100, cursor } }, signal })),
  });
  useKeys({
    c: () => canPlace && openPlace(true),
    ...(search.peek ? { Escape: () => peek(undefined) } : {}),
  });
  useRowKeys();

  const placeButton = canPlace && (
    <Button kind="primary" onClick={() => openPlace(true)}>
      {t('place.open')}
    </Button>
  );
  return (
    <Page
      title={t('common:page.calls')}
      actions={
        <>
          {file.button}
          {placeButton}
        </>
      }
    >
      <Filters filters={search} onChange={(to: CallFilters) => change(to)} />
      <Views filters={search} />
      <div className={search.peek ? 'lg:grid lg:grid-cols-[minmax(0,1fr)_440px]' : ''}>
        <Body>
          {file.notice}
          <div className="border-y border-line bg-surface md:rounded md:border-x">
            <Answer of={calls} problem={asProblem} rows={8}>
              {({ pages }) => {
                const rows = pages.flatMap((page) => page.data);
                if (rows.length > 0) {
                  return <CallsTable calls={rows} peeked={search.peek} onPeek={peek} />;
                }
                return isFiltered(search) ? (
                  <Empty title={t('nothing')} action={<Button onClick={clear}>{t('clear')}</Button>} />
                ) : (
                  <Empty title={t('empty.title')} hint={t('empty.hint')} action={placeButton} />
                );
              }}
            </Answer>
          </div>
          <More of={calls} />
        </Body>
        {search.peek && <Peek key={search.peek} id={search.peek} onClose={() => peek(undefined)} />}
      </div>
      <PlaceDialog
        open={search.place === true && canPlace}
        ring={search.ring}
        onClose={() => openPlace(false)}
      />
    </Page>
  );
}
