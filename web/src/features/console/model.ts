// The console's workflows: which call is watched, and what can be done to it.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { StoreApi } from 'zustand';
import { $api } from '@/api/client';
import type { Call, EndedReason } from '@/api/types';
import { watchCall } from '@/live/live';
import type { CallState } from '@/live/topics';
import { ownMs } from '@/live/wall';
import type { Item, Line, Snapshot, TurnLatency } from '@/live/wire';
import { fetchLedger, ledgerKey } from '@/transcript/ledger';

/** Watches one call while the component is shown; its store goes with it. */
export function useWatched(id: string): StoreApi<CallState> | null {
  const [watched, setWatched] = useState<StoreApi<CallState> | null>(null);
  useEffect(() => {
    const { store, close } = watchCall(id);
    setWatched(store);
    return () => {
      close();
      setWatched(null);
    };
  }, [id]);
  return watched;
}

/** The ledger by REST, again and again, for as long as the live socket cannot be had. */
export function useKeptItems(id: string, polls: boolean, over: boolean): Item[] | null {
  const { data } = useQuery({
    queryKey: ledgerKey(id),
    queryFn: ({ signal }) => fetchLedger(id, signal),
    enabled: polls,
    refetchInterval: over ? false : 3_000,
  });
  return data ?? null;
}

/** What a call has cost so far, told by the live socket as it grows, and booked once it is over. */
export function useCost(call: Call, live: Snapshot, over: boolean): Call['cost'] {
  const { data } = $api.useQuery(
    'get',
    '/v1/calls/{id}',
    { params: { path: { id: call.id } } },
    { enabled: over },
  );
  const currency = data?.cost?.currency ?? call.cost?.currency ?? 'USD';
  const told = live.cost_amount ? { amount: live.cost_amount, currency } : null;
  // It only grows, so the most is the newest.
  return [told, call.cost, data?.cost].reduce(
    (most, each) => (each && Number(each.amount) >= Number(most?.amount ?? 0) ? each : most),
    null,
  );
}

/** Questions of the agent: the open ones oldest first, the others newest first. */
export function questionsOf(live: Snapshot, now: number) {
  const all = live.items.filter((item): item is Line<'clarification'> => item.kind === 'clarification');
  const isOpen = (item: Line<'clarification'>) =>
    item.answer === undefined &&
    !item.decide &&
    !item.expired &&
    live.status !== 'ended' &&
    Date.parse(item.expires_at) > now - 2_000;
  return { open: all.filter(isOpen), closed: all.filter((item) => !isOpen(item)).reverse() };
}

/** What the caller was told while the agent asks: its last words about the time of the question. */
export function heardMeanwhile(items: readonly Item[], asked: Line<'clarification'>): string | null {
  const at = items.indexOf(asked);
  const after = items
    .slice(at + 1)
    .findLast((item) => item.kind === 'speech' && item.speaker === 'agent' && item.text !== '');
  const before = items.slice(0, Math.max(0, at)).findLast((item) => item.kind === 'speech');
  const words = after ?? (before?.kind === 'speech' && before.speaker === 'agent' ? before : undefined);
  return words?.kind === 'speech' ? words.text : null;
}

/** How the last transfer of a call went, once it is known. */
export function transferOutcome(items: readonly Item[]): EndedReason | null {
  const last = items.findLast((item) => item.kind === 'transfer');
  if (last?.kind !== 'transfer') return null;
  if (last.status === 'completed') return 'transfer_completed';
  return last.status === 'failed' ? 'transfer_failed' : null;
}

export function median(turns: readonly TurnLatency[]): number | null {
  if (turns.length === 0) return null;
  const sorted = turns.map(ownMs).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

export const digitsPattern = /^[0-9*#w]{1,32}$/;
