// The language an agent speaks by its personality: what the languages of a talk are measured by.
import { $api } from '@/api/client';
import { useCan } from '@/lib/hooks';
import type { Item } from '@/live/wire';

/** Asked only once a talk tells of languages at all. */
export function useUsualLanguage(
  personality: string | undefined,
  items: readonly Item[],
): string | undefined {
  const reads = useCan('personality.read');
  const told = items.some((item) => item.kind === 'speech' && item.language !== undefined);
  const { data } = $api.useQuery(
    'get',
    '/v1/personalities/{id}',
    { params: { path: { id: personality ?? '' } } },
    { enabled: reads && told && personality !== undefined, staleTime: 300_000 },
  );
  return data?.language;
}
