import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Call } from '@/api/types';
import { Button } from '@/ui/Button';
import { Segments, Select } from '@/ui/Field';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { CallsTable } from '../parts/CallsTable';

const route = getRouteApi('/_app/calls/');

export type StatusFilter = 'all' | 'in_progress' | 'ended';

/** The history of calls, newest first. */
export function CallsPage() {
  const { t } = useTranslation(['calls', 'common']);
  const navigate = useNavigate();
  const { status, direction } = route.useSearch();
  const calls = useInfiniteQuery({
    queryKey: ['get', '/v1/calls', { status, direction }],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      body(
        await api.GET('/v1/calls', {
          params: { query: { limit: 50, cursor: pageParam, status, direction } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const search = (change: { status?: 'in_progress' | 'ended'; direction?: Call['direction'] }) =>
    void navigate({ to: '/calls', search: (old) => ({ ...old, ...change }), replace: true });
  const filtered = status !== undefined || direction !== undefined;
  return (
    <Page title={t('common:page.calls')}>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 md:px-6">
        <Segments<StatusFilter>
          label={t('status')}
          value={status ?? 'all'}
          choices={(['all', 'in_progress', 'ended'] as const).map((value) => ({ value, label: t(value) }))}
          onChange={(value) => search({ status: value === 'all' ? undefined : value })}
        />
        <div className="w-44">
          <Select
            label={t('dir')}
            hideLabel
            value={direction ?? ''}
            onChange={(event) =>
              search({
                direction: event.target.value ? (event.target.value as Call['direction']) : undefined,
              })
            }
          >
            <option value="">{t('anyDirection')}</option>
            <option value="inbound">{t('common:direction.inbound')}</option>
            <option value="outbound">{t('common:direction.outbound')}</option>
          </Select>
        </div>
      </div>
      <Body>
        <div className="border-y border-line bg-surface md:rounded md:border-x">
          <Answer of={calls} problem={asProblem} rows={8}>
            {({ pages }) => {
              const rows = pages.flatMap((page) => page.data);
              if (rows.length > 0) return <CallsTable calls={rows} />;
              return filtered ? (
                <Empty
                  title={t('nothing')}
                  action={
                    <Button onClick={() => search({ status: undefined, direction: undefined })}>
                      {t('clear')}
                    </Button>
                  }
                />
              ) : (
                <Empty title={t('empty.title')} hint={t('empty.hint')} />
              );
            }}
          </Answer>
        </div>
        {calls.hasNextPage && (
          <div className="grid justify-items-center">
            <Button busy={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>
              {t('common:loadMore')}
            </Button>
          </div>
        )}
      </Body>
    </Page>
  );
}
