// The course of a call: its moments in their order, and who spoke when.
import type { Call } from '@/api/types';
import type { Item } from '@/live/wire';

export { type Stretch, stretchesOf } from '@/transcript/stretches';

export type MomentKind =
  | 'queued'
  | 'came'
  | 'ringing'
  | 'answered'
  | 'machine'
  | 'firstWords'
  | 'interrupted'
  | 'keysReceived'
  | 'keysSent'
  | 'asked'
  | 'stepped'
  | 'transfer'
  | 'recording'
  | 'warning'
  | 'ended';

export interface Moment {
  key: string;
  kind: MomentKind;
  at: string;
  /** Since the answer; before it, below zero. */
  ms: number;
  detail?: string;
  /** Whom a transfer is for. */
  to?: string;
}

/** What may have answered. */
export const machines = ['person', 'mailbox', 'menu', 'screening', 'fax', 'unsure'] as const;

const since = (from: string, at: string) => Date.parse(at) - Date.parse(from);

/** When the clock of the call begins. */
export function beginOf(call: Call): string {
  return call.answered_at ?? call.ringing_at ?? call.created_at;
}

export function momentsOf(call: Call, items: readonly Item[]): Moment[] {
  const begin = beginOf(call);
  const moments: Moment[] = [];
  const add = (
    kind: MomentKind,
    at: string | null | undefined,
    detail?: string,
    id?: string,
    to?: string,
  ) => {
    if (at) moments.push({ key: id ? `${kind} ${id}` : kind, kind, at, ms: since(begin, at), detail, to });
  };
  add(call.direction === 'outbound' ? 'queued' : 'came', call.created_at);
  // The carrier's news may come in any order: what is answered has rung before.
  const rang = call.ringing_at && call.answered_at && call.ringing_at > call.answered_at;
  add('ringing', rang ? call.answered_at : call.ringing_at);
  add('answered', call.answered_at);
  add('firstWords', call.first_audio_at);
  if (call.machine) add('machine', call.machine.at, call.machine.kind);
  for (const item of items) {
    switch (item.kind) {
      case 'speech':
        if (item.interrupted) add('interrupted', item.at, undefined, item.id);
        break;
      case 'dtmf_received':
        add('keysReceived', item.at, item.digits, item.id);
        break;
      case 'dtmf_sent':
        add('keysSent', item.at, item.digits, item.id);
        break;
      case 'clarification':
        add('asked', item.at, item.question, item.id);
        break;
      case 'intervention':
        if (item.action.type !== 'clarify') add('stepped', item.at, item.by.name, item.id);
        break;
      case 'transfer':
        add('transfer', item.at, item.status, item.id, item.to);
        break;
      case 'recording':
        add('recording', item.at, item.status, item.id);
        break;
      case 'warning':
        add('warning', item.at, item.detail, item.id);
        break;
    }
  }
  add('ended', call.ended_at);
  // Those of one moment keep their order, and the end is the end.
  const isEnd = (moment: Moment) => Number(moment.kind === 'ended');
  return moments.sort((a, b) => isEnd(a) - isEnd(b) || a.ms - b.ms);
}

/** How long the strip is: to the end, or to the last thing that happened. */
export function lengthOf(call: Call, items: readonly Item[]): number {
  const begin = beginOf(call);
  const last = call.ended_at ?? items.at(-1)?.at ?? begin;
  return Math.max(1_000, since(begin, last));
}
