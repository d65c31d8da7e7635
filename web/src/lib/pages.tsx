// Lists that the server gives page by page: how they are read, and the button that asks for the next page.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';

interface ListPage {
  next_cursor?: string | null;
}

type Read<P> = (cursor: string | undefined, signal: AbortSignal) => Promise<P>;

interface PagesOptions<P> {
  /** What is shown stays until another search has its answer. */
  keeps?: boolean;
  /** While this holds of any page, the list is read anew every second. */
  moves?: (page: P) => boolean;
}

/** Reads a list page by page. */
export function usePages<P extends ListPage>(
  queryKey: readonly unknown[],
  read: Read<P>,
  { keeps = false, moves }: PagesOptions<P> = {},
) {
  return useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keeps ? keepPreviousData : undefined,
    refetchInterval: ({ state }) => (moves && state.data?.pages.some(moves) ? 1_000 : false),
  });
}

/** Longer than any list that a plan limits. */
const mostPages = 50;

/** All rows of a list, for counting them. */
export function useWhole<Row>(
  queryKey: readonly unknown[],
  read: Read<ListPage & { data: Row[] }>,
  enabled = true,
) {
  return useQuery({
    queryKey: [...queryKey, 'whole'],
    enabled,
    queryFn: async ({ signal }) => {
      const rows: Row[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const { data, next_cursor } = await read(cursor, signal);
        rows.push(...data);
        cursor = next_cursor ?? undefined;
        if (!cursor) break;
      }
      return rows;
    },
  });
}

interface MoreProps {
  of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
  /** Whether it stands within a block, below its table. */
  ruled?: boolean;
}

/** Asks for the next page, where there is one. */
export function More({ of, ruled = false }: MoreProps) {
  const { t } = useTranslation('common');
  if (!of.hasNextPage) return null;
  return (
    <div
      className={ruled ? 'grid justify-items-center border-t border-line p-3' : 'grid justify-items-center'}
    >
      <Button busy={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
        {t('loadMore')}
      </Button>
    </div>
  );
}
