import { describe, expect, it } from 'vitest';
import { apply, emptySnapshot } from './reducer';
import { type Generator, makeStory, numbers } from './story.fixture';
import type { EventBody, LiveEvent, Snapshot } from './wire';

const fold = (events: readonly LiveEvent[], from: Snapshot = emptySnapshot) => events.reduce(apply, from);

let seq = 0;
const event = (body: EventBody): LiveEvent => {
  seq += 1;
  return { seq, at: '2026-11-21T08:00:00.000Z', offset_ms: seq * 10, ...body };
};
const said = (item_id: string, text: string): EventBody => ({
  event: 'speech.partial',
  data: { item_id, speaker: 'caller', text },
});

describe('the fold of a call', () => {
  it('replaces partial words in place and keeps the place of the line', () => {
    const after = fold([
      event({ event: 'speech.started', data: { item_id: 'i1', speaker: 'caller' } }),
      event(said('i1', 'Can you')),
      event({ event: 'dtmf.received', data: { item_id: 'i2', digit: '1' } }),
      event(said('i1', 'Can you move')),
      event({ event: 'speech.final', data: { item_id: 'i1', speaker: 'caller', text: 'Can you move it?' } }),
    ]);
    expect(after.items.map((item) => item.id)).toEqual(['i1', 'i2']);
    expect(after.items[0]).toMatchObject({ text: 'Can you move it?', complete: true, interrupted: false });
  });

  it('knows in which language a line was heard', () => {
    const heard = (text: string, language?: string): EventBody => ({
      event: 'speech.final',
      data: { item_id: 'i1', speaker: 'caller', text, ...(language ? { language } : {}) },
    });
    const after = fold([event(said('i1', 'Quiero')), event(heard('Quiero un taxi.', 'es-US'))]);
    expect(after.items[0]).toMatchObject({ text: 'Quiero un taxi.', language: 'es-US' });
    expect(fold([event(heard('Quiero un taxi.'))], after).items[0]).not.toHaveProperty('language');
  });

  it('takes a line back that came to nothing, and leaves the others in their place', () => {
    const started = (item_id: string): EventBody => ({
      event: 'speech.started',
      data: { item_id, speaker: 'caller' },
    });
    const nothing: EventBody = {
      event: 'speech.final',
      data: { item_id: 'cough', speaker: 'caller', text: '' },
    };
    const speaking = fold([event(started('i1')), event(said('i1', 'Hello')), event(started('cough'))]);
    expect(speaking.items.at(-1)).toMatchObject({ id: 'cough', text: '', complete: false });
    const after = fold([event(nothing), event(started('i2'))], speaking);
    expect(after.items.map((item) => item.id)).toEqual(['i1', 'i2']);
    // Told twice, or of a line that nobody has seen, it changes nothing.
    expect(fold([event(nothing)], after).items).toEqual(after.items);
  });

  it('tells how a transfer went on the line that asked for it', () => {
    const transfer = (status: string): EventBody => ({
      event: 'transfer.updated',
      data: { item_id: 'i1', to: '+14155550199', status },
    });
    const after = fold([event(transfer('requested')), event(transfer('failed'))]);
    expect(after.items).toHaveLength(1);
    expect(after.items[0]).toMatchObject({ kind: 'transfer', status: 'failed' });
  });

  it('never moves a call backwards', () => {
    const late = fold([
      event({ event: 'call.state', data: { status: 'in_progress' } }),
      event({ event: 'call.state', data: { status: 'ringing' } }),
    ]);
    expect(late.status).toBe('in_progress');
    const over = fold([
      event({ event: 'call.state', data: { status: 'ended' } }),
      event({ event: 'call.state', data: { status: 'in_progress' } }),
    ]);
    expect(over.status).toBe('ended');
  });

  it('keeps what was heard apart from what was said', () => {
    const agent = (text: string): EventBody => ({
      event: 'speech.final',
      data: { item_id: 'i1', speaker: 'agent', text },
    });
    const cut = fold([
      event(agent('Let me check on parking.')),
      event({
        event: 'speech.interrupted',
        data: { item_id: 'i1', heard: 'Let me check', unheard: ' on parking.' },
      }),
    ]);
    expect(cut.items[0]).toMatchObject({
      text: 'Let me check on parking.',
      heard: 'Let me check',
      interrupted: true,
    });
    const whole = fold([event(agent('Fine.')), event({ event: 'speech.heard', data: { item_id: 'i1' } })]);
    expect(whole.items[0]).toMatchObject({ heard: 'Fine.', interrupted: false });
  });

  it('follows an act from accepted to its end on one line', () => {
    const base = { item_id: 'i1', action_id: 'a1', by: { id: 'usr_1', name: 'Ana' } };
    const action = { type: 'say', text: 'Hello', mode: 'verbatim', when: 'now' } as const;
    const after = fold([
      event({ event: 'supervisor.action', data: { ...base, action, status: 'accepted' } }),
      event({
        event: 'supervisor.action',
        data: { ...base, action, status: 'failed', code: 'queue_full', detail: 'too many' },
      }),
    ]);
    expect(after.items).toHaveLength(1);
    expect(after.items[0]).toMatchObject({ status: 'failed', code: 'queue_full', action });
    const applied = fold(
      [event({ event: 'supervisor.action', data: { ...base, action, status: 'applied' } })],
      after,
    );
    expect(applied.items[0]).not.toHaveProperty('code');
  });

  it('answers and expires a question', () => {
    const asked = event({
      event: 'clarification.requested',
      data: {
        clarification_id: 'q1',
        question: 'Parking?',
        expires_at: '2026-11-21T08:00:30.000Z',
        on_timeout: 'transfer',
      },
    });
    const by = { id: 'usr_1', name: 'Ana' };
    const answered = fold([
      asked,
      event({ event: 'clarification.answered', data: { clarification_id: 'q1', answer: 'Free', by } }),
    ]);
    expect(answered.items[0]).toMatchObject({ answer: 'Free', answered_by: by, expired: false });
    const expired = fold([
      asked,
      event({ event: 'clarification.expired', data: { clarification_id: 'q1' } }),
    ]);
    expect(expired.items[0]).toMatchObject({ expired: true });
  });

  it('knows what waits for approval, and what became of it', () => {
    const by = { id: 'usr_1', name: 'Ana' };
    const asked = event({
      event: 'approval.requested',
      data: {
        approval_id: 'a1',
        item_id: 'i1',
        text: 'It is booked.',
        commands: ['transfer: billing'],
        expires_at: '2026-11-21T08:00:15.000Z',
        on_timeout: 'transfer',
      },
    });
    const waiting = fold([asked]);
    expect(waiting.approvals).toHaveLength(1);
    expect(waiting.items).toHaveLength(0);
    const edited = fold(
      [
        event({
          event: 'approval.decided',
          data: { approval_id: 'a1', decision: 'edited', actor: by, text: 'At ten.' },
        }),
      ],
      waiting,
    );
    expect(edited.approvals).toEqual([]);
    expect(edited.items[0]).toMatchObject({
      id: 'a1',
      kind: 'approval',
      text: 'It is booked.',
      commands: ['transfer: billing'],
      decision: 'edited',
      edited: 'At ten.',
      by,
    });
    const late = fold(
      [event({ event: 'approval.expired', data: { approval_id: 'a1', did: 'transfer' } })],
      waiting,
    );
    expect(late.items[0]).toMatchObject({ kind: 'approval', did: 'transfer' });
  });

  it('knows who watches, who has claimed it and who speaks, until the end', () => {
    const ana = { id: 'usr_1', name: 'Ana' };
    const now = fold([
      event({ event: 'supervision.joined', data: { actor: ana } }),
      event({ event: 'supervision.joined', data: { actor: ana } }),
      event({ event: 'supervision.claimed', data: { actor: ana } }),
      event({ event: 'takeover.changed', data: { actor: ana, via: 'keyboard', reason: 'taken' } }),
      event({ event: 'approval.mode', data: { mode: 'on_tools' } }),
    ]);
    expect(now).toMatchObject({
      watchers: [ana],
      claimed_by: ana,
      takeover: { actor: ana, via: 'keyboard' },
      approval_mode: 'on_tools',
    });
    const over = fold([event({ event: 'call.state', data: { status: 'ended' } })], now);
    expect(over).toMatchObject({ watchers: [], claimed_by: null, takeover: null });
  });

  it('ends with the reason and without a state', () => {
    const ending = { reason: 'caller_hangup', by: 'caller', fault: 'none', detail: null } as const;
    const after = fold([
      event({ event: 'call.state', data: { status: 'in_progress' } }),
      event({ event: 'conversation.state', data: { state: 'speaking' } }),
      event({ event: 'cost.tick', data: { amount: '0.0123', currency: 'USD' } }),
      event({ event: 'call.state', data: { status: 'ended', ending } }),
    ]);
    expect(after).toMatchObject({ status: 'ended', state: null, ending, cost_amount: '0.0123' });
  });

  it('never goes backwards when words cross on their way', () => {
    const state = (status: 'ringing' | 'in_progress' | 'ended'): EventBody => ({
      event: 'call.state',
      data: { status },
    });
    const after = fold([event(state('in_progress')), event(state('ringing'))]);
    expect(after.status).toBe('in_progress');
    expect(fold([event(state('ended')), event(state('in_progress'))], after).status).toBe('ended');
  });

  it('keeps one line and one turn for what comes again under another number', () => {
    const key = (digit: string): EventBody => ({ event: 'dtmf.received', data: { item_id: 'i1', digit } });
    const first = event(key('1'));
    const keys = fold([first, event(key('1'))]);
    expect(keys.items).toHaveLength(1);
    expect(keys.items[0]).toMatchObject({ seq: first.seq, digits: '1' });
    const turn = (total_ms: number) =>
      event({ event: 'latency.turn', data: { turn: 1, total_ms, parts: {} as never, unaccounted_ms: 0 } });
    expect(fold([turn(640), turn(650)]).turns.map(({ total_ms }) => total_ms)).toEqual([650]);
  });

  it('does not change on an event it does not know', () => {
    const known = fold([event(said('i1', 'Hi'))]);
    const after = apply(known, { ...event(said('i1', 'x')), event: 'levels' } as unknown as LiveEvent);
    expect(after).toEqual({ ...known, seq: after.seq });
  });
});

describe('any way of receiving the same call', () => {
  const rounds = 200;

  /** Cuts a story into stretches; each is repeated, overlapped or resumed by a snapshot at random. */
  function receive(story: readonly LiveEvent[], random: Generator): Snapshot {
    let state = emptySnapshot;
    let at = 0;
    while (at < story.length) {
      const end = Math.min(story.length, at + 1 + Math.floor(random() * 12));
      const way = random();
      if (way < 0.25) {
        // Fell behind: the server sends its own fold instead of the events.
        state = fold(story.slice(0, end));
      } else {
        const from = Math.max(0, at - Math.floor(random() * 8));
        const stretch = story.slice(from, end);
        state = fold(stretch, state);
        if (way > 0.7) state = fold(stretch.toReversed(), state);
      }
      at = end;
    }
    return state;
  }

  it('ends in the same state', () => {
    for (let round = 0; round < rounds; round += 1) {
      const random = numbers(round + 1);
      const story = makeStory(random);
      expect(receive(story, random), `round ${round}`).toEqual(fold(story));
    }
  });

  it('survives partial words that were left out', () => {
    for (let round = 0; round < rounds; round += 1) {
      const random = numbers(round + 1);
      const story = makeStory(random);
      const merged = story.filter((each) => each.event !== 'speech.partial' || random() < 0.4);
      expect(fold(merged), `round ${round}`).toEqual(fold(story));
    }
  });
});
