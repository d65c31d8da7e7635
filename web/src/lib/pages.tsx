// Lists that the server gives page by page: how they are read, and the button that asks for the next page.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';

interface ListPage {
  next_cursor?: string | null;
}

/** Reads a list page by page. With `keeps`, what is shown stays until another search has its answer. */
export function usePages<P extends ListPage>(
  queryKey: readonly unknown[],
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
  { keeps = false } = {},
) {
  return useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keeps ? keepPreviousData : undefined,
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
