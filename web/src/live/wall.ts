// The wall: every live call as one line, folded from the `calls` topic.
import { laterStatus } from './reducer';
import type { Actor, Attention, EventFrame, Mood, Speaker, TurnLatency, Via, WallCall } from './wire';

export interface WallLine {
  call: WallCall;
  seq: number;
  words: { speaker: Speaker; text: string } | null;
  /** The open question; its words are not told to everybody. */
  asks: { id: string; question: string; expiresAt: string } | null;
  /** What the server says that the line needs; an older one says nothing. */
  attention: Attention[] | null;
  takeover: { actor: Actor; via: Via } | null;
  /** Why the last takeover was over. */
  gaveBack: 'handed_back' | 'lapsed' | 'ended' | null;
  claimedBy: Actor | null;
  watchers: number;
  mood: Mood | null;
  replyMs: number | null;
  warning: string | null;
  endedAt: number | null;
}

/** A reply above this is called slow. */
export const slowMs = 1_500;

/** How long the caller waited for the machine; what a person took to approve an answer is not its own. */
export function ownMs({ total_ms, parts }: Pick<TurnLatency, 'total_ms' | 'parts'>): number {
  return Math.max(0, total_ms - (parts?.approval_wait ?? 0));
}

/** How long an ended line stays on the wall. */
export const lingerMs = 20_000;

export function lineOf(call: WallCall): WallLine {
  return {
    call,
    seq: 0,
    words: call.last_words ?? null,
    asks: null,
    attention: call.attention ?? null,
    takeover: null,
    gaveBack: null,
    claimedBy: call.claimed_by ?? null,
    watchers: call.watchers_count ?? 0,
    mood: call.mood ?? null,
    replyMs: call.last_reply_ms ?? call.latency?.p50 ?? null,
    warning: null,
    endedAt: call.status === 'ended' ? Date.now() : null,
  };
}

/** A fresh word about a call that is known: what it leaves out stays as it was. */
export function renewed(old: WallLine | undefined, call: WallCall): WallLine {
  const fresh = lineOf(call);
  if (!old) return fresh;
  const asks = call.attention
    ? call.attention.some(({ kind }) => kind === 'clarification')
    : call.state === 'awaiting_human';
  return {
    ...old,
    call,
    seq: 0,
    words: fresh.words ?? old.words,
    asks: asks ? old.asks : null,
    attention: fresh.attention ?? old.attention,
    takeover: call.state === 'human_speaking' ? old.takeover : null,
    claimedBy: call.claimed_by === undefined ? old.claimedBy : call.claimed_by,
    watchers: call.watchers_count ?? old.watchers,
    mood: call.mood ?? old.mood,
    replyMs: call.last_reply_ms ?? old.replyMs,
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
        ...(over ? { asks: null, attention: [], takeover: null, claimedBy: null, watchers: 0 } : {}),
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
    case 'speech.final': {
      // Without words a line was taken back: the words before it are still the last ones.
      const { speaker, text } = frame.data;
      return text ? { ...next, words: { speaker, text } } : next;
    }
    case 'clarification.requested': {
      const { clarification_id: id, question, expires_at: expiresAt } = frame.data;
      return { ...next, asks: { id, question, expiresAt } };
    }
    case 'clarification.answered':
    case 'clarification.expired':
      return line.asks?.id === frame.data.clarification_id ? { ...next, asks: null } : next;
    case 'attention.changed':
      return { ...next, attention: frame.data.attention, mood: frame.data.mood ?? null };
    case 'takeover.changed': {
      const { actor, via, reason } = frame.data;
      if (actor && via) return { ...next, takeover: { actor, via }, gaveBack: null };
      return { ...next, takeover: null, gaveBack: reason === 'taken' ? null : reason };
    }
    case 'supervision.claimed':
      return { ...next, claimedBy: frame.data.actor };
    case 'supervision.joined':
      return { ...next, watchers: line.watchers + 1 };
    case 'supervision.left':
      return { ...next, watchers: Math.max(0, line.watchers - 1) };
    case 'latency.turn':
      return { ...next, replyMs: ownMs(frame.data) };
    case 'cost.tick':
      return { ...next, call: { ...call, cost: frame.data } };
    case 'warning':
      return { ...next, warning: frame.data.detail };
    default:
      return next;
  }
}
