import { describe, expect, it } from 'vitest';
import { aCall } from '@/test/data';
import { keepOrder, needOf, needsOf, sortByNeed } from './attention';
import type { LiveSocket } from './socket';
import { openWall } from './topics';
import { foldLine, lineOf } from './wall';
import type { EventBody, EventFrame, ServerFrame, SnapshotFrame } from './wire';

let seq = 0;
const frame = (id: string, body: EventBody): EventFrame => {
  seq += 1;
  return {
    op: 'event',
    topic: 'calls',
    id,
    call_sid: 'CA',
    cursor: `${seq}`,
    seq,
    at: '2026-11-21T08:01:00.000Z',
    offset_ms: 0,
    ...body,
  };
};
const asks: EventBody = {
  event: 'clarification.requested',
  data: {
    clarification_id: 'q1',
    question: 'Parking?',
    expires_at: '2026-11-21T08:02:00.000Z',
    on_timeout: 'transfer',
  },
};

describe('a line of the wall', () => {
  it('never moves a call backwards', () => {
    const line = (['ended', 'ringing'] as const)
      .map((status) => frame('call_1', { event: 'call.state', data: { status } }))
      .reduce(foldLine, lineOf(aCall()));
    expect(line.call.status).toBe('ended');
    expect(line.endedAt).not.toBeNull();
  });

  it('shows the last words, the reply time and the question', () => {
    const line = [
      frame('call_1', { event: 'speech.final', data: { item_id: 'i', speaker: 'caller', text: 'Hello' } }),
      frame('call_1', asks),
    ].reduce(foldLine, lineOf(aCall()));
    expect(line).toMatchObject({ words: { text: 'Hello' }, asks: { question: 'Parking?' } });
    expect(needOf(line)).toBe('asks');
    const by = { id: 'u', name: 'Ana' };
    const answered = foldLine(
      line,
      frame('call_1', {
        event: 'clarification.answered',
        data: { clarification_id: 'q1', answer: 'Free', by },
      }),
    );
    expect(answered.asks).toBeNull();
  });

  it('keeps the last words when a sound came to nothing', () => {
    const final = (text: string) =>
      frame('call_1', { event: 'speech.final', data: { item_id: text, speaker: 'caller', text } });
    const line = [final('Hello'), final('')].reduce(foldLine, lineOf(aCall()));
    expect(line.words).toEqual({ speaker: 'caller', text: 'Hello' });
  });

  it('drops an event it has seen', () => {
    const event = frame('call_1', { event: 'cost.tick', data: { amount: '1', currency: 'USD' } });
    const line = foldLine(lineOf(aCall()), event);
    expect(foldLine(line, event)).toBe(line);
  });

  it('is sorted by need, and by age within a need', () => {
    const line = (
      id: string,
      state: 'listening' | 'awaiting_human' | 'human_speaking',
      replyMs: number | null = null,
    ) => ({
      ...lineOf(aCall({ id, state, created_at: `2026-11-21T08:00:0${id}.000Z` })),
      replyMs,
    });
    const attention = [{ kind: 'slow', since: '2026-11-21T08:00:00.000Z' }] as const;
    const slow = (each: ReturnType<typeof line>) => ({ ...each, attention: [...attention] });
    const sorted = sortByNeed([
      line('3', 'listening'),
      line('1', 'listening'),
      slow(line('4', 'listening', 2_000)),
      line('5', 'human_speaking'),
      line('2', 'awaiting_human'),
    ]);
    expect(sorted.map(({ call }) => call.id)).toEqual(['2', '5', '4', '1', '3']);
  });
});

describe('what a line needs', () => {
  const since = '2026-11-21T08:00:00.000Z';
  const now = Date.parse('2026-11-21T08:05:00.000Z');

  it('is what the server says, in the order of urgency', () => {
    const line = foldLine(
      lineOf(aCall()),
      frame('call_1', {
        event: 'attention.changed',
        data: {
          attention: [
            { kind: 'long', since },
            { kind: 'unhappy', since },
            { kind: 'approval', since, expires_at: '2026-11-21T08:05:10.000Z' },
          ],
          mood: -1,
        },
      }),
    );
    expect(needsOf(line, now)).toEqual(['approval', 'unhappy', 'long']);
    expect(line.mood).toBe(-1);
  });

  it('is told by who waits the shortest first', () => {
    const waits = (id: string, expires_at: string) => ({
      ...lineOf(aCall({ id })),
      attention: [{ kind: 'clarification', since, expires_at } as const],
    });
    const sorted = sortByNeed([
      waits('call_a', '2026-11-21T08:05:30.000Z'),
      waits('call_b', '2026-11-21T08:05:09.000Z'),
    ]);
    expect(sorted.map(({ call }) => call.id)).toEqual(['call_b', 'call_a']);
  });

  it('is worked out here where the server says nothing', () => {
    const call = aCall({ answered_at: '2026-11-21T07:50:00.000Z' });
    expect(needsOf({ ...lineOf(call), replyMs: 2_400 }, now)).toEqual(['slow', 'long']);
  });

  it('follows who claims, watches, and speaks', () => {
    const ana = { id: 'usr_1', name: 'Ana' };
    const line = [
      frame('call_1', { event: 'supervision.joined', data: { actor: ana } }),
      frame('call_1', { event: 'supervision.claimed', data: { actor: ana } }),
      frame('call_1', {
        event: 'takeover.changed',
        data: { actor: ana, via: 'microphone', reason: 'taken' },
      }),
    ].reduce(foldLine, lineOf(aCall()));
    expect(line).toMatchObject({ claimedBy: ana, watchers: 1, takeover: { actor: ana } });
    const back = foldLine(
      line,
      frame('call_1', { event: 'takeover.changed', data: { actor: null, via: null, reason: 'lapsed' } }),
    );
    expect(back).toMatchObject({ takeover: null, gaveBack: 'lapsed' });
  });
});

describe('the order under a hand', () => {
  it('keeps what is shown in its place, and puts what is new at the end', () => {
    const kept = keepOrder(['a', 'b', 'c'], ['d', 'c', 'a']);
    expect(kept).toEqual({ order: ['a', 'c', 'd'], late: true });
    expect(keepOrder(['a', 'b'], ['a', 'b'])).toEqual({ order: ['a', 'b'], late: false });
  });
});

describe('the wall', () => {
  const fake = () => {
    let reader:
      | { snapshot: (frame: SnapshotFrame) => void; events: (frames: EventFrame[]) => void }
      | undefined;
    const socket = {
      subscribe: (_topic: string, _id: string | undefined, given: typeof reader) => {
        reader = given;
        return () => undefined;
      },
    } as unknown as LiveSocket;
    return {
      socket,
      give: (...frames: ServerFrame[]) => {
        for (const each of frames) {
          if (each.op === 'snapshot') reader?.snapshot(each);
          if (each.op === 'event') reader?.events([each]);
        }
      },
    };
  };

  it('fetches a call it does not know once, and keeps the events that came meanwhile', async () => {
    const { socket, give } = fake();
    let fetches = 0;
    const { store } = openWall(socket, async (id) => {
      fetches += 1;
      return aCall({ id });
    });
    give({ op: 'snapshot', topic: 'calls', cursor: '0', state: { calls: [] } });
    give(frame('call_9', { event: 'call.state', data: { status: 'in_progress' } }));
    give(frame('call_9', { event: 'conversation.state', data: { state: 'speaking' } }));
    await Promise.resolve();
    await Promise.resolve();
    expect(fetches).toBe(1);
    expect(store.getState().lines.call_9?.call.state).toBe('speaking');
  });

  it('does not fetch a call only to say that it has ended', () => {
    const { socket, give } = fake();
    let fetches = 0;
    openWall(socket, async (id) => {
      fetches += 1;
      return aCall({ id });
    });
    give(frame('call_9', { event: 'call.state', data: { status: 'ended' } }));
    expect(fetches).toBe(0);
  });

  it('keeps the words of a call over a fresh snapshot', () => {
    const { socket, give } = fake();
    const { store } = openWall(socket, async (id) => aCall({ id }));
    const snapshot: SnapshotFrame = {
      op: 'snapshot',
      topic: 'calls',
      cursor: '0',
      state: { calls: [aCall()] },
    };
    give(
      snapshot,
      frame('call_1', { event: 'speech.final', data: { item_id: 'i', speaker: 'agent', text: 'Hi' } }),
      snapshot,
    );
    expect(store.getState().lines.call_1?.words?.text).toBe('Hi');
  });
});
