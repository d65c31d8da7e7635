// The fold of a call's events: the same steps as the server's own snapshot, so that a reader who came late, fell
// behind or saw an event twice ends with what the server has.
import type { CallStatus } from '@/api/types';
import { decided, foldSupervision, noSupervision } from './supervision';
import type { Item, ItemBody, LiveEvent, Snapshot, Speaker } from './wire';

/** In the order in which they follow each other. */
const statuses: readonly CallStatus[] = ['queued', 'dialing', 'ringing', 'in_progress', 'ended'];

/** The later of two: the carrier's word and the conversation's may cross on their way. */
export function laterStatus(before: CallStatus | null, status: CallStatus): CallStatus {
  return before && statuses.indexOf(before) > statuses.indexOf(status) ? before : status;
}

export const emptySnapshot: Snapshot = {
  seq: 0,
  status: null,
  state: null,
  ending: null,
  items: [],
  turns: [],
  cost_amount: null,
  ...noSupervision,
};

/** Folds one event in. Events at or before `seq` change nothing. */
export function apply(now: Snapshot, event: LiveEvent): Snapshot {
  if (event.seq <= now.seq) return now;
  return { ...fold(now, event), ...foldSupervision(now, event), seq: event.seq };
}

function fold(now: Snapshot, event: LiveEvent): Snapshot {
  switch (event.event) {
    case 'call.state':
      return {
        ...now,
        status: laterStatus(now.status, event.data.status),
        ending: event.data.ending ?? now.ending,
        state: event.data.status === 'ended' ? null : now.state,
      };
    case 'conversation.state':
      return { ...now, state: event.data.state };
    case 'speech.started':
      return speech(now, event, event.data.item_id, event.data.speaker, '', false);
    case 'speech.partial':
      return speech(now, event, event.data.item_id, event.data.speaker, event.data.text, false);
    case 'speech.final':
      // What was taken for a voice was none.
      if (!event.data.text) return takeBack(now, event.data.item_id);
      return heardIn(
        speech(now, event, event.data.item_id, event.data.speaker, event.data.text, true),
        event.data.item_id,
        event.data.language,
      );
    case 'speech.heard':
      return change(now, event.data.item_id, (item) =>
        item.kind === 'speech' ? { ...item, heard: item.text } : item,
      );
    case 'speech.interrupted':
      return change(now, event.data.item_id, (item) =>
        item.kind === 'speech'
          ? { ...item, heard: event.data.heard, interrupted: true, complete: true }
          : item,
      );
    case 'dtmf.received':
      return push(now, event, event.data.item_id, { kind: 'dtmf_received', digits: event.data.digit });
    case 'dtmf.sent':
      return push(now, event, event.data.item_id, { kind: 'dtmf_sent', digits: event.data.digits });
    case 'command.executed': {
      const { item_id, ...command } = event.data;
      return push(now, event, item_id, { kind: 'command', ...command });
    }
    case 'clarification.requested':
      return push(now, event, event.data.clarification_id, {
        kind: 'clarification',
        question: event.data.question,
        expires_at: event.data.expires_at,
        on_timeout: event.data.on_timeout,
        expired: false,
      });
    case 'clarification.answered':
      return change(now, event.data.clarification_id, (item) =>
        item.kind === 'clarification'
          ? {
              ...item,
              ...(event.data.decide ? { decide: true } : { answer: event.data.answer }),
              answered_by: event.data.by,
            }
          : item,
      );
    case 'clarification.expired':
      return change(now, event.data.clarification_id, (item) =>
        item.kind === 'clarification' ? { ...item, expired: true } : item,
      );
    case 'supervision.noted': {
      const { item_id, ...note } = event.data;
      return push(now, event, item_id, { kind: 'supervisor_note', ...note });
    }
    case 'approval.decided':
    case 'approval.expired':
      return push(now, event, event.data.approval_id, decided(now, event));
    case 'supervisor.action':
      return intervention(now, event, event.data);
    case 'transfer.updated':
      return push(now, event, event.data.item_id, {
        kind: 'transfer',
        to: event.data.to,
        transfer_kind: event.data.kind ?? 'cold',
        status: event.data.status,
        ...(event.data.reason === undefined ? {} : { reason: event.data.reason }),
      });
    case 'note.added': {
      const { item_id, ...note } = event.data;
      return push(now, event, item_id, { kind: 'note', ...note });
    }
    case 'recording.updated': {
      const { item_id, ...recording } = event.data;
      const next = { ...now, recording: recording.status };
      // What becomes of the file is no moment of the talk.
      if (!['recording', 'paused', 'stopped'].includes(recording.status)) return next;
      return push(next, event, item_id, { kind: 'recording', ...recording });
    }
    case 'latency.turn':
      return { ...now, turns: [...now.turns.filter(({ turn }) => turn !== event.data.turn), event.data] };
    case 'cost.tick':
      return { ...now, cost_amount: event.data.amount };
    case 'warning':
      return push(now, event, event.data.item_id, {
        kind: 'warning',
        code: event.data.code,
        detail: event.data.detail,
      });
    default:
      // `call.resumed`, and words of a newer server.
      return now;
  }
}

function find(items: readonly Item[], id: string): number {
  for (let at = items.length - 1; at >= 0; at -= 1) if (items[at]?.id === id) return at;
  return -1;
}

function takeBack(now: Snapshot, id: string): Snapshot {
  return find(now.items, id) < 0 ? now : { ...now, items: now.items.filter((item) => item.id !== id) };
}

function change(now: Snapshot, id: string, edit: (item: Item) => Item): Snapshot {
  const at = find(now.items, id);
  const item = now.items[at];
  if (!item) return now;
  const items = now.items.slice();
  items[at] = edit(item);
  return { ...now, items };
}

/** An event that comes again under another number is still the same line. */
function push(now: Snapshot, event: LiveEvent, id: string, body: ItemBody): Snapshot {
  const known = now.items[find(now.items, id)];
  if (known) {
    const { seq, at, offset_ms } = known;
    return change(now, id, () => ({ id, seq, at, offset_ms, ...body }));
  }
  const item: Item = { id, seq: event.seq, at: event.at, offset_ms: event.offset_ms, ...body };
  return { ...now, items: [...now.items, item] };
}

function speech(
  now: Snapshot,
  event: LiveEvent,
  id: string,
  speaker: Speaker,
  text: string,
  complete: boolean,
): Snapshot {
  if (now.items[find(now.items, id)]?.kind === 'speech') {
    return change(now, id, (item) => (item.kind === 'speech' ? { ...item, text, complete } : item));
  }
  return push(now, event, id, { kind: 'speech', speaker, text, complete, interrupted: false });
}

/** The language of a line that is complete. */
function heardIn(now: Snapshot, id: string, language: string | undefined): Snapshot {
  return change(now, id, (item) => {
    if (item.kind !== 'speech' || item.language === language) return item;
    const { language: _, ...rest } = item;
    return language === undefined ? rest : { ...rest, language };
  });
}

function intervention(
  now: Snapshot,
  event: LiveEvent,
  data: Extract<LiveEvent, { event: 'supervisor.action' }>['data'],
): Snapshot {
  const { item_id, ...body } = data;
  const at = find(now.items, item_id);
  const found = now.items[at];
  if (found?.kind !== 'intervention') return push(now, event, item_id, { kind: 'intervention', ...body });
  const { action_id, action, by, id, seq, at: when, offset_ms } = found;
  const { status } = data;
  const how = status === 'failed' ? { status, code: data.code, detail: data.detail } : ({ status } as const);
  const items = now.items.slice();
  items[at] = { kind: 'intervention', id, seq, at: when, offset_ms, action_id, action, by, ...how };
  return { ...now, items };
}
