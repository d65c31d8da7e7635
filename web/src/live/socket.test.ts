import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aCall } from '@/test/data';
import { FrameQueue } from './queue';
import { apply, emptySnapshot } from './reducer';
import { LiveSocket } from './socket';
import { makeStory, numbers } from './story.fixture';
import { openCall } from './topics';
import type { EventFrame, LiveEvent, ServerFrame } from './wire';

class FakeSocket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;
  readonly protocols: string[];
  constructor(protocols: string[]) {
    this.protocols = protocols;
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  die(code: number) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

let sockets: FakeSocket[];
let tickets: number;
let renewals: number;
let ticketFails: { status: number } | null;
let live: LiveSocket;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  tickets = 0;
  renewals = 0;
  ticketFails = null;
  live = new LiveSocket({
    url: () => 'ws://test/v1/live',
    ticket: async () => {
      tickets += 1;
      if (ticketFails) throw ticketFails;
      return `t${tickets}`;
    },
    renew: async () => {
      renewals += 1;
      return true;
    },
    open: (_url, protocols) => {
      const socket = new FakeSocket(protocols);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    random: () => 1,
    clockwork: { now: () => 0, soon: (work) => void setTimeout(work, 0) },
  });
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

const last = () => {
  const socket = sockets.at(-1);
  if (!socket) throw new Error('no socket was opened');
  return socket;
};
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function started() {
  live.start();
  await settle();
  last().open();
  await settle(300);
}

const frame = (event: LiveEvent, cursor = `c${event.seq}`): EventFrame => ({
  op: 'event',
  topic: 'call',
  id: 'call_1',
  call_sid: 'CA1',
  cursor,
  ...event,
});

describe('the live socket', () => {
  it('opens with a ticket and subscribes what is wanted', async () => {
    live.subscribe('calls', undefined, { snapshot: () => undefined, events: () => undefined });
    await started();
    expect(last().protocols).toEqual(['phony.v1', 'ticket.t1']);
    expect(last().sent).toEqual([{ op: 'subscribe', topic: 'calls' }]);
    expect(live.state.getState().link).toBe('live');
  });

  it('resumes every topic at its cursor with a new ticket', async () => {
    const { store } = openCall(live, 'call_1');
    await started();
    last().say({
      op: 'snapshot',
      topic: 'call',
      id: 'call_1',
      cursor: 'c0',
      state: { call: aCall(), live: emptySnapshot },
    });
    last().say(
      frame({ seq: 1, at: '', offset_ms: 0, event: 'conversation.state', data: { state: 'speaking' } }),
    );
    await settle(1);
    expect(store.getState().live.state).toBe('speaking');
    last().die(1006);
    expect(live.state.getState().link).toBe('reconnecting');
    await settle(10_000);
    last().open();
    expect(last().protocols).toContain('ticket.t2');
    expect(last().sent).toEqual([{ op: 'subscribe', topic: 'call', id: 'call_1', after: 'c1' }]);
  });

  it('waits longer after each failure, and never longer than 8 s', async () => {
    live.start();
    await settle();
    for (const wait of [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000]) {
      const before = sockets.length;
      last().die(1006);
      await settle(wait - 1);
      expect(sockets.length).toBe(before);
      await settle(1);
      expect(sockets.length).toBe(before + 1);
    }
  });

  it('hears nothing of a connection that was replaced', async () => {
    const { store } = openCall(live, 'call_1');
    await started();
    const old = last();
    old.die(4408);
    await settle(10);
    last().open();
    const opened = sockets.length;
    old.say(
      frame({ seq: 9, at: '', offset_ms: 0, event: 'conversation.state', data: { state: 'speaking' } }),
    );
    old.die(1006);
    await settle(10_000);
    expect(store.getState().live.seq).toBe(0);
    expect(sockets.length).toBe(opened);
  });

  it('renews the session on 4401 and gives up on 4403', async () => {
    await started();
    last().die(4401);
    await settle(1_000);
    expect(renewals).toBe(1);
    last().open();
    last().die(4403);
    await settle(60_000);
    expect(live.state.getState().link).toBe('refused');
  });

  it('is refused when no ticket is given', async () => {
    ticketFails = { status: 403 };
    live.start();
    await settle();
    expect(live.state.getState().link).toBe('refused');
  });

  it('asks for a sign of life and reconnects after 45 s of silence', async () => {
    await started();
    const first = last();
    await settle(26_000);
    expect(first.sent).toContainEqual({ op: 'ping' });
    await settle(25_000);
    expect(sockets.length).toBe(2);
  });

  it('says how much was missed once it has caught up', async () => {
    openCall(live, 'call_1');
    await started();
    last().die(4408);
    await settle(10);
    last().open();
    for (const seq of [1, 2, 3]) {
      last().say(
        frame({ seq, at: '', offset_ms: 0, event: 'cost.tick', data: { amount: '1', currency: 'USD' } }),
      );
    }
    await settle(300);
    expect(live.state.getState()).toMatchObject({ link: 'live', caughtUp: 3 });
    await settle(3_000);
    expect(live.state.getState().caughtUp).toBeNull();
  });

  it('says that it is offline, and connects again at once when it is not', async () => {
    await started();
    window.dispatchEvent(new Event('offline'));
    expect(live.state.getState().link).toBe('offline');
    window.dispatchEvent(new Event('online'));
    await settle();
    expect(sockets.length).toBe(2);
    last().open();
    await settle(300);
    expect(live.state.getState().link).toBe('live');
  });

  it('tells a reader that its topic is refused', async () => {
    const { store } = openCall(live, 'call_1');
    await started();
    last().say({
      op: 'error',
      topic: 'call',
      id: 'call_1',
      status: 404,
      code: 'not_found',
      detail: 'no such call',
    });
    expect(store.getState().problem).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('survives words that are no frames', async () => {
    await started();
    last().onmessage?.({ data: 'not json' });
    last().say({ hello: 1 });
    expect(live.state.getState().link).toBe('live');
  });
});

describe('a call over a bad line', () => {
  it('ends as the server has it, wherever the connection breaks', async () => {
    for (let round = 0; round < 40; round += 1) {
      const random = numbers(round + 1);
      const story = makeStory(random);
      const { store, close } = openCall(live, 'call_1');
      if (round === 0) live.start();
      await settle(10_000);
      if (last().readyState === 0) last().open();
      let at = 0;
      last().say({
        op: 'snapshot',
        topic: 'call',
        id: 'call_1',
        cursor: '0',
        state: { call: aCall(), live: emptySnapshot },
      });
      while (at < story.length) {
        const end = Math.min(story.length, at + 1 + Math.floor(random() * 9));
        for (const event of story.slice(at, end)) last().say(frame(event, String(event.seq)));
        at = end;
        if (random() < 0.3) {
          await settle(random() < 0.5 ? 0 : 5);
          last().die(1006);
          await settle(9_000);
          last().open();
          const asked = last().sent.find((sent) => sent.op === 'subscribe');
          at = Number(asked?.after ?? 0);
        }
      }
      await settle(5);
      expect(store.getState().live, `round ${round}`).toEqual(story.reduce(apply, emptySnapshot));
      close();
    }
  });
});

describe('the queue', () => {
  it('keeps only the newest partial of a line and the order of the rest', async () => {
    const got: number[] = [];
    const queue = new FrameQueue({ now: () => 0, soon: (work) => void setTimeout(work, 0) }, (frames) => {
      for (const each of frames) if (each.op === 'event') got.push(each.seq);
    });
    const partial = (seq: number, item_id: string): ServerFrame =>
      frame({
        seq,
        at: '',
        offset_ms: 0,
        event: 'speech.partial',
        data: { item_id, speaker: 'agent', text: 'x' },
      });
    queue.push(partial(1, 'i1'));
    queue.push(
      frame({ seq: 2, at: '', offset_ms: 0, event: 'cost.tick', data: { amount: '1', currency: 'USD' } }),
    );
    queue.push(partial(3, 'i1'));
    queue.push(partial(4, 'i2'));
    queue.push(partial(5, 'i1'));
    await settle(1);
    expect(got).toEqual([2, 4, 5]);
    expect(queue.size).toBe(0);
  });

  it('leaves the rest for the next frame when its time is over', async () => {
    let clock = 0;
    const batches: number[] = [];
    const queue = new FrameQueue(
      { now: () => clock, soon: (work) => void setTimeout(work, 16) },
      (frames) => {
        clock += 3;
        batches.push(frames.length);
      },
    );
    for (let seq = 1; seq <= 200; seq += 1) {
      queue.push(
        frame({ seq, at: '', offset_ms: 0, event: 'cost.tick', data: { amount: '1', currency: 'USD' } }),
      );
    }
    await settle(16);
    expect(batches).toEqual([32, 32]);
    await settle(64);
    expect(batches.reduce((sum, size) => sum + size)).toBe(200);
  });
});
