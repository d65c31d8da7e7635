// What of a call stands in the file of the list.
import type { Call } from '@/api/types';
import { plainCell } from '@/lib/files';

export const columns: readonly (readonly [string, (call: Call) => unknown])[] = [
  ['id', ({ id }) => id],
  ['call_sid', ({ call_sid }) => call_sid],
  ['created_at', ({ created_at }) => created_at],
  ['answered_at', ({ answered_at }) => answered_at],
  ['ended_at', ({ ended_at }) => ended_at],
  ['direction', ({ direction }) => direction],
  ['channel', ({ channel }) => channel],
  ['from', ({ from }) => from],
  ['to', ({ to }) => to],
  ['personality', ({ personality }) => plainCell(personality?.name ?? '')],
  ['personality_version', ({ personality }) => personality?.version],
  ['engine', ({ engine }) => engine],
  ['status', ({ status }) => status],
  ['ended_reason', ({ ended_reason }) => ended_reason],
  ['duration_ms', ({ duration_ms }) => duration_ms],
  ['reply_p50_ms', ({ latency }) => latency?.p50],
  ['reply_p95_ms', ({ latency }) => latency?.p95],
  ['cost', ({ cost }) => cost?.amount],
  ['currency', ({ cost }) => cost?.currency],
  ['test', ({ test }) => test],
];
