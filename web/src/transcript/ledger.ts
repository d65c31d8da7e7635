// The whole ledger of a call, however many pages it has.
import { api, body } from '@/api/client';
import type { Item } from '@/live/wire';

/** A talk of some hours; what is longer is cut here. */
const mostPages = 50;

export const ledgerKey = (id: string) => ['get', '/v1/calls/{id}/items', { whole: id }] as const;

export async function fetchLedger(id: string, signal: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const read = body(
      await api.GET('/v1/calls/{id}/items', {
        params: { path: { id }, query: { limit: 100, cursor } },
        signal,
      }),
    );
    items.push(...(read.data as Item[]));
    if (!read.next_cursor) break;
    cursor = read.next_cursor;
  }
  return items;
}
