// The wall: every live call as one line, folded from the `calls` topic.
import type { Call } from '@/api/types';
import { laterStatus } from './reducer';
import type { EventFrame, Speaker } from './wire';

export interface WallLine {
  call: Call;
  seq: number;
  words: { speaker: Speaker; text: string } | null;
  asks: { id: string; question: string; expiresAt: string } | null;
  replyMs: number | null;
  warning: string | null;
  endedAt: number | null;
}

/** A reply above this is called slow. */
export const slowMs = 1_500;

/** How long an ended line stays on the wall. */
export const lingerMs = 20_000;

export function lineOf(call: Call): WallLine {
  return {
    call,
    seq: 0,
    words: null,
    asks: null,
    replyMs: call.latency?.p50 ?? null,
    warning: null,
    endedAt: call.status === 'ended' ? Date.now() : null,
  };
}

export function foldLine(line: WallLine, frame: EventFrame): WallLine {
  if (frame.seq <= line.seq) return line;
  const next = { ...line, seq: frame.seq };
  const { call } = line;
  switch (frame.event) {
    case 'call.state': {
      const { ending } = frame.data;
      const status = laterStatus(call.status, frame.data.status);
      const over = status === 'ended';
      return {
        ...next,
        asks: over ? null : line.asks,
        endedAt: over ? (line.endedAt ?? Date.now()) : null,
        call: {
          ...call,
          status,
          state: over ? null : call.state,
          answered_at: call.answered_at ?? (status === 'in_progress' ? frame.at : null),
          ended_at: over ? (call.ended_at ?? frame.at) : call.ended_at,
          ended_reason: ending?.reason ?? call.ended_reason,
          ended_by: ending?.by ?? call.ended_by,
          fault: ending?.fault ?? call.fault,
        },
      };
    }
    case 'conversation.state':
      return { ...next, call: { ...call, state: frame.data.state } };
    case 'speech.final':
      // Without words a line was taken back: the words before it are still the last ones.
      if (!frame.data.text) return next;
      return { ...next, words: { speaker: frame.data.speaker, text: frame.data.text } };
    case 'clarification.requested': {
      const { clarification_id: id, question, expires_at: expiresAt } = frame.data;
      return { ...next, asks: { id, question, expiresAt } };
    }
    case 'clarification.answered':
    case 'clarification.expired':
      return line.asks?.id === frame.data.clarification_id ? { ...next, asks: null } : next;
    case 'latency.turn':
      return { ...next, replyMs: frame.data.total_ms };
    case 'cost.tick':
      return { ...next, call: { ...call, cost: frame.data } };
    case 'warning':
      return { ...next, warning: frame.data.detail };
    default:
      return next;
  }
}

export type Need = 'asks' | 'approval' | 'human' | 'slow' | 'rest' | 'ended';

const order: readonly Need[] = ['asks', 'approval', 'human', 'slow', 'rest', 'ended'];

export function needOf(line: WallLine): Need {
  const { state, status } = line.call;
  if (status === 'ended') return 'ended';
  if (line.asks || state === 'awaiting_human') return 'asks';
  if (state === 'awaiting_approval') return 'approval';
  if (state === 'human_speaking') return 'human';
  if (line.replyMs !== null && line.replyMs > slowMs) return 'slow';
  return 'rest';
}

/** Most needy first; within a need the oldest call first, so that lines do not jump about. */
export function sortByNeed(lines: readonly WallLine[]): WallLine[] {
  return lines.toSorted((a, b) => {
    const need = order.indexOf(needOf(a)) - order.indexOf(needOf(b));
    return need || a.call.created_at.localeCompare(b.call.created_at) || a.call.id.localeCompare(b.call.id);
  });
}
