// Periods, sums and exports of usage.
import { useQueryClient } from '@tanstack/react-query';
import { $api, api, body } from '@/api/client';
import type { Export, UsageRow } from '@/api/types';

export const ranges = ['month', 'last', 'week'] as const;
export type Range = (typeof ranges)[number];

/** Begin and end of a period, on whole days of UTC; the end lies behind today so that today counts. */
export function periodOf(range: Range, now: number): { from: string; to: string } {
  const at = new Date(now);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const utc = (...parts: [number, number, number]) => new Date(Date.UTC(...parts)).toISOString();
  if (range === 'last') return { from: utc(year, month - 1, 1), to: utc(year, month, 1) };
  if (range === 'week') return { from: utc(year, month, day - 6), to: utc(year, month, day + 1) };
  return { from: utc(year, month, 1), to: utc(year, month, day + 1) };
}

export interface DaySum {
  day: string;
  amount: number;
}

/** Cost of each day of the period, days without usage included. */
export function byDay(rows: readonly UsageRow[], from: string, to: string): DaySum[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    if (row.day) sums.set(row.day, (sums.get(row.day) ?? 0) + Number(row.amount));
  }
  const days: DaySum[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.push({ day, amount: sums.get(day) ?? 0 });
  }
  return days;
}

export async function createExport(from: string, to: string, key: string): Promise<Export> {
  const input = { dataset: 'usage', format: 'csv', from, to } as const;
  return body(await api.POST('/v1/exports', { params: { header: { 'Idempotency-Key': key } }, body: input }));
}

export function useExportsChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({ queryKey: $api.queryOptions('get', '/v1/exports').queryKey.slice(0, 2) });
}

export function isUnderWay({ status }: Pick<Export, 'status'>): boolean {
  return status === 'queued' || status === 'running';
}
