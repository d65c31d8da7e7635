// What can be done with pools of numbers.
import { useQueryClient } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { NumberPool, PoolStrategy } from '@/api/types';

export const strategies = ['round_robin', 'least_used', 'local_presence'] as const satisfies PoolStrategy[];

export interface PoolInput {
  name: string;
  strategy: PoolStrategy;
  number_ids: string[];
}

export async function createPool(input: PoolInput): Promise<NumberPool> {
  return body(await api.POST('/v1/number_pools', { body: input }));
}

export async function changePool(id: string, input: PoolInput): Promise<NumberPool> {
  return body(await api.PATCH('/v1/number_pools/{id}', { params: { path: { id } }, body: input }));
}

export async function deletePool(id: string): Promise<void> {
  await api.DELETE('/v1/number_pools/{id}', { params: { path: { id } } });
}

export function usePoolsChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({
      predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/number_pools'),
    });
}
