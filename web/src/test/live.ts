// A live connection as tests play it: a ticket is always had, and every topic is answered by a snapshot of their choice.
import { HttpResponse, http } from 'msw';
import { vi } from 'vitest';
import { emptySnapshot } from '@/live/reducer';
import type { Abilities, EventBody, Snapshot, WallCall } from '@/live/wire';
import { aCall, listOf } from './data';
import { server, url } from './server';

export interface Played {
  call?: WallCall;
  live?: Partial<Snapshot>;
  abilities?: Abilities;
  /** What the wall holds; else the one call. */
  calls?: WallCall[];
  /** The socket is never opened. */
  silent?: boolean;
}

export const allAbilities: Abilities = {
  listen: true,
  takeover_microphone: true,
  takeover_keyboard: true,
  reasons: {},
};

/** Answers topics, gathers what is sent, and tells happenings of the call. */
export function playLive(played: Played = {}) {
  const call = played.call ?? aCall();
  const sent: Record<string, unknown>[] = [];
  let open: FakeSocket | null = null;
  let seq = 100;

  class FakeSocket {
    readyState = 1;
    onopen: (() => void) | null = null;
    onmessage: ((message: { data: string }) => void) | null = null;
    onclose: ((close: { code: number }) => void) | null = null;

    constructor() {
      open = this;
      if (!played.silent) setTimeout(() => this.onopen?.());
    }

    send(text: string) {
      const frame = JSON.parse(text) as Record<string, unknown>;
      if (frame.op === 'action') {
        sent.push(frame);
        this.tell({ op: 'action', action_id: frame.action_id, status: 'applied' });
      }
      if (frame.op !== 'subscribe') return;
      if (frame.topic === 'calls') {
        this.tell({ op: 'snapshot', topic: 'calls', cursor: '0', state: { calls: played.calls ?? [call] } });
        return;
      }
      const live = { ...emptySnapshot, seq: 100, status: 'in_progress', ...played.live };
      const abilities = played.abilities ?? allAbilities;
      this.tell({
        op: 'snapshot',
        topic: 'call',
        id: frame.id,
        cursor: '0',
        state: { call, live, abilities },
      });
    }

    tell(frame: object) {
      setTimeout(() => this.onmessage?.({ data: JSON.stringify(frame) }));
    }

    close() {
      this.readyState = 3;
    }
  }

  vi.stubGlobal('WebSocket', FakeSocket);
  server.use(
    http.post(url('/v1/ws_tickets'), () => HttpResponse.json({ ticket: 't', expires_in: 30 })),
    http.get(url('/v1/calls/live'), () => HttpResponse.json(listOf(played.calls ?? [call]))),
    http.get(url('/v1/calls/:id'), () => HttpResponse.json(call)),
  );
  return {
    sent,
    /** Something happens in the call, on its own topic and on the wall. */
    happen(body: EventBody) {
      seq += 1;
      const event = {
        op: 'event',
        id: call.id,
        call_sid: 'CA1',
        cursor: `${seq}`,
        seq,
        at: new Date().toISOString(),
      };
      for (const topic of ['call', 'calls']) open?.tell({ ...event, offset_ms: seq, topic, ...body });
    },
  };
}
