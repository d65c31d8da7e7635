// Made-up calls for tests: the same seed tells the same story.
import type { EventBody, LiveEvent, Speaker } from './wire';

export type Generator = () => number;

/** Random numbers that can be had again (mulberry32). */
export function numbers(seed: number): Generator {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const by = { id: 'usr_1', name: 'Ana' };

/** A call with talk, cuts, keys, acts, questions and an end. Every line of speech begins with `speech.started`. */
export function makeStory(random: Generator): LiveEvent[] {
  const events: LiveEvent[] = [];
  const add = (body: EventBody) => {
    const seq = events.length + 1;
    const at = new Date(Date.UTC(2026, 10, 21) + seq * 40).toISOString();
    events.push({ seq, at, offset_ms: seq * 40, ...body });
  };
  add({ event: 'call.state', data: { status: 'in_progress' } });
  const lines = 3 + Math.floor(random() * 12);
  for (let line = 0; line < lines; line += 1) {
    const id = `itm_${line}`;
    const kind = random();
    if (kind < 0.5) speak(add, random, id);
    else if (kind < 0.6) cough(add, random, id);
    else if (kind < 0.65) supervise(add, random, id);
    else if (kind < 0.7) add({ event: 'dtmf.received', data: { item_id: id, digit: '5' } });
    else if (kind < 0.8) {
      const action = { type: 'dtmf', digits: '1' } as const;
      const base = { item_id: id, action_id: `act_${line}`, action, by };
      add({ event: 'supervisor.action', data: { ...base, status: 'accepted' } });
      add({ event: 'supervisor.action', data: { ...base, status: 'applied' } });
    } else if (kind < 0.9) {
      const expires_at = '2026-11-21T00:00:30.000Z';
      add({
        event: 'clarification.requested',
        data: { clarification_id: id, question: 'Which?', expires_at, on_timeout: 'transfer' },
      });
      if (random() < 0.5) add({ event: 'clarification.expired', data: { clarification_id: id } });
      else add({ event: 'clarification.answered', data: { clarification_id: id, answer: 'This', by } });
    } else add({ event: 'warning', data: { item_id: id, code: 'slow', detail: 'slow' } });
    add({ event: 'cost.tick', data: { amount: (line / 100).toFixed(4), currency: 'USD' } });
  }
  if (random() < 0.7) {
    const ending = { reason: 'caller_hangup', by: 'caller', fault: 'none', detail: null } as const;
    add({ event: 'call.state', data: { status: 'ended', ending } });
  }
  return events;
}

/** People come and go, claim, decide and speak. */
function supervise(add: (body: EventBody) => void, random: Generator, id: string): void {
  const actor = random() < 0.5 ? by : { id: 'usr_2', name: 'Ben' };
  add({ event: 'supervision.joined', data: { actor } });
  if (random() < 0.5) add({ event: 'supervision.claimed', data: { actor } });
  add({ event: 'approval.mode', data: { mode: 'every_turn', actor } });
  const asked = {
    approval_id: `${id}_a`,
    item_id: `${id}_s`,
    text: 'Thursday at ten is booked.',
    expires_at: '2026-11-21T00:00:15.000Z',
    on_timeout: 'hold_and_ask_again',
  } as const;
  add({ event: 'approval.requested', data: asked });
  const way = random();
  const { approval_id } = asked;
  if (way < 0.3) add({ event: 'approval.decided', data: { approval_id, decision: 'approved', actor } });
  else if (way < 0.5) {
    add({ event: 'approval.decided', data: { approval_id, decision: 'edited', actor, text: 'At ten.' } });
  } else if (way < 0.7) {
    add({ event: 'approval.decided', data: { approval_id, decision: 'rejected', actor, guidance: 'No' } });
  } else if (way < 0.9) {
    add({ event: 'approval.expired', data: { approval_id, did: 'hold_and_ask_again' } });
  }
  const attention = [{ kind: 'unhappy', since: '2026-11-21T00:00:00.000Z' } as const];
  add({ event: 'attention.changed', data: { attention, mood: random() < 0.5 ? -1 : 0 } });
  if (random() < 0.5) {
    add({ event: 'takeover.changed', data: { actor, via: 'keyboard', reason: 'taken' } });
    if (random() < 0.7) {
      add({ event: 'takeover.changed', data: { actor: null, via: null, reason: 'handed_back' } });
    }
  }
  add({ event: 'supervision.noted', data: { item_id: `${id}_n`, actor, text: 'Be kind.' } });
  if (random() < 0.5) add({ event: 'supervision.left', data: { actor } });
}

/** A sound that began a line and came to nothing. */
function cough(add: (body: EventBody) => void, random: Generator, item_id: string): void {
  add({ event: 'speech.started', data: { item_id, speaker: 'caller' } });
  if (random() < 0.5) add({ event: 'speech.partial', data: { item_id, speaker: 'caller', text: 'ah' } });
  add({ event: 'speech.final', data: { item_id, speaker: 'caller', text: '' } });
}

function speak(add: (body: EventBody) => void, random: Generator, item_id: string): void {
  const speaker: Speaker = random() < 0.5 ? 'caller' : 'agent';
  const words = 'could you move it to Thursday please'.split(' ');
  add({ event: 'conversation.state', data: { state: speaker === 'agent' ? 'speaking' : 'listening' } });
  add({ event: 'speech.started', data: { item_id, speaker } });
  for (let count = 1; count <= words.length; count += 1) {
    add({ event: 'speech.partial', data: { item_id, speaker, text: words.slice(0, count).join(' ') } });
  }
  add({ event: 'speech.final', data: { item_id, speaker, text: words.join(' ') } });
  if (speaker !== 'agent') return;
  const parts = {
    endpoint_wait: 1,
    stt_final: 2,
    queue: 0,
    tool: 0,
    approval_wait: 0,
    model_first: 300,
    tts_first: 0,
    carrier_out: 0,
  };
  add({ event: 'latency.turn', data: { turn: 1, total_ms: 303, parts, unaccounted_ms: 0 } });
  if (random() < 0.4) {
    add({ event: 'speech.interrupted', data: { item_id, heard: 'could you', unheard: ' move' } });
  } else add({ event: 'speech.heard', data: { item_id } });
}
