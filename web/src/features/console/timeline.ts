// The call as a strip: who spoke when, and what happened between, each mark with the line it belongs to.
import type { Call } from '@/api/types';
import type { Item } from '@/live/wire';
import { type Stretch, stretchesOf } from '@/transcript/stretches';

export interface Mark {
  key: string;
  kind: 'cut' | 'tool' | 'hold' | 'step' | 'asked';
  ms: number;
}

export interface Strip {
  lengthMs: number;
  stretches: Stretch[];
  marks: Mark[];
}

export function stripOf(call: Call, items: readonly Item[], now: number): Strip {
  const begin = call.answered_at ?? call.created_at;
  const since = (at: string) => Date.parse(at) - Date.parse(begin);
  const end = call.ended_at ? since(call.ended_at) : now - Date.parse(begin);
  const lengthMs = Math.max(10_000, end);
  const marks: Mark[] = [];
  for (const item of items) {
    const kind = markOf(item);
    if (kind) marks.push({ key: item.id, kind, ms: Math.max(0, Math.min(lengthMs, since(item.at))) });
  }
  return { lengthMs, stretches: stretchesOf(items, begin, lengthMs), marks };
}

function markOf(item: Item): Mark['kind'] | null {
  switch (item.kind) {
    case 'speech':
      return item.interrupted ? 'cut' : null;
    case 'command':
    case 'transfer':
    case 'dtmf_sent':
      return 'tool';
    case 'clarification':
      return 'asked';
    case 'intervention':
      return item.action.type === 'hold' || item.action.type === 'unhold' ? 'hold' : 'step';
    default:
      return null;
  }
}

/** The line that stands nearest to a moment. */
export function nearest({ stretches, marks }: Strip, ms: number): string | null {
  let best: { key: string; far: number } | null = null;
  for (const { key, fromMs, toMs } of stretches) {
    const far = ms < fromMs ? fromMs - ms : ms > toMs ? ms - toMs : 0;
    if (!best || far < best.far) best = { key, far };
  }
  for (const { key, ms: at } of marks) {
    const far = Math.abs(ms - at);
    if (!best || far < best.far) best = { key, far };
  }
  return best?.key ?? null;
}
