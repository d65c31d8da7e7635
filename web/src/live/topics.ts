// The stores that the live socket fills: one for the wall, one for each open call.
import { createStore, type StoreApi } from 'zustand/vanilla';
import { ApiProblem } from '@/api/problem';
import type { Call } from '@/api/types';
import { apply, emptySnapshot } from './reducer';
import type { LiveSocket } from './socket';
import { foldLine, lineOf, lingerMs, renewed, type WallLine } from './wall';
import type { Abilities, EventFrame, Snapshot } from './wire';

export interface WallState {
  ready: boolean;
  lines: Readonly<Record<string, WallLine>>;
}

export interface CallState {
  ready: boolean;
  call: Call | null;
  live: Snapshot;
  /** What can be done with it; not known before the server has said it. */
  abilities: Abilities | null;
  problem: ApiProblem | null;
}

export type CallStore = StoreApi<CallState>;

/** Reads the `calls` topic. A call the wall does not know yet is fetched; its events wait for it. */
export function openWall(socket: LiveSocket, fetchCall: (id: string) => Promise<Call>) {
  const store = createStore<WallState>(() => ({ ready: false, lines: {} }));
  const arriving = new Map<string, EventFrame[]>();

  const arrive = async (id: string, first: EventFrame[]) => {
    arriving.set(id, first);
    try {
      const call = await fetchCall(id);
      const events = arriving.get(id) ?? [];
      const line = events.reduce(foldLine, lineOf(call));
      store.setState(({ lines }) => ({ lines: { ...lines, [id]: line } }));
    } catch {
      // The next event of the call asks again.
    } finally {
      arriving.delete(id);
    }
  };

  const close = socket.subscribe('calls', undefined, {
    snapshot: (frame) => {
      if (frame.topic !== 'calls') return;
      const before = store.getState().lines;
      const lines: Record<string, WallLine> = {};
      for (const call of frame.state.calls) {
        lines[call.id] = renewed(before[call.id], call);
      }
      store.setState({ ready: true, lines });
    },
    events: (frames) => {
      const now = store.getState().lines;
      const lines = { ...now };
      let changed = false;
      for (const frame of frames) {
        const line = lines[frame.id];
        const waiting = arriving.get(frame.id);
        if (line) {
          lines[frame.id] = foldLine(line, frame);
          changed = true;
        } else if (waiting) {
          waiting.push(frame);
        } else if (!(frame.event === 'call.state' && frame.data.status === 'ended')) {
          void arrive(frame.id, [frame]);
        }
      }
      if (changed) store.setState({ lines: withoutOld(lines) });
    },
  });
  return { store, close };
}

function withoutOld(lines: Record<string, WallLine>): Record<string, WallLine> {
  const limit = Date.now() - lingerMs;
  for (const [id, line] of Object.entries(lines)) {
    if (line.endedAt !== null && line.endedAt < limit) delete lines[id];
  }
  return lines;
}

/** Reads one call until closed. */
export function openCall(socket: LiveSocket, id: string) {
  const store: CallStore = createStore<CallState>(() => ({
    ready: false,
    call: null,
    live: emptySnapshot,
    abilities: null,
    problem: null,
  }));
  const close = socket.subscribe('call', id, {
    snapshot: (frame) => {
      if (frame.topic !== 'call') return;
      const { call, live, abilities = null } = frame.state;
      // Until it is first told, nothing waits for approval.
      const approval_mode = live.approval_mode ?? 'off';
      store.setState({
        ready: true,
        call,
        live: { ...emptySnapshot, ...live, approval_mode },
        abilities,
        problem: null,
      });
    },
    events: (frames) => {
      store.setState((now) => ({ live: frames.reduce<Snapshot>(apply, now.live) }));
    },
    refused: ({ status, ...problem }) => store.setState({ problem: new ApiProblem(status, problem) }),
  });
  return { store, close };
}
