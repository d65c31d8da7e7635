// Acts on a live call: shown at once, sent on the socket or by REST, sent again under the same id after a
// reconnect, and followed until they are applied, failed or superseded.
import { createStore } from 'zustand/vanilla';
import { asProblem } from '@/api/problem';
import type { LiveSocket } from './socket';
import type { Action, ActionFrame, Item } from './wire';

export type ActStatus = 'held_back' | 'sending' | 'accepted' | 'applied' | 'failed' | 'superseded';

export interface Act {
  actionId: string;
  call: string;
  action: Action;
  at: string;
  status: ActStatus;
  code?: string | null;
  detail?: string | null;
}

interface Answer {
  status: string;
  code?: string | null;
  detail?: string | null;
}

export interface ActDeps {
  socket: Pick<LiveSocket, 'send' | 'onAction' | 'onOpen'>;
  rest: (call: string, actionId: string, action: Action) => Promise<Answer>;
  newId: () => string;
  /** How long the socket may stay silent before the act goes by REST. */
  patienceMs: number;
}

export function makeActs(deps: ActDeps) {
  const store = createStore<{ acts: Readonly<Record<string, Act>> }>(() => ({ acts: {} }));
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();

  const settle = (actionId: string, answer: Answer) => {
    const act = store.getState().acts[actionId];
    if (!act || isOver(act.status)) return;
    clearTimeout(timers.get(actionId));
    const next: Act = { ...act, status: toStatus(answer.status), code: answer.code, detail: answer.detail };
    store.setState(({ acts }) => ({ acts: { ...acts, [actionId]: next } }));
  };

  const byRest = async (act: Act) => {
    try {
      settle(act.actionId, await deps.rest(act.call, act.actionId, act.action));
    } catch (thrown) {
      const problem = asProblem(thrown);
      // Unreachable: it goes again when the connection is back.
      if (problem.code !== 'unreachable') settle(act.actionId, { status: 'failed', ...pick(problem) });
    }
  };

  const submit = (act: Act) => {
    const { type, ...data } = act.action;
    const sent = deps.socket.send({ op: 'action', action_id: act.actionId, call: act.call, type, data });
    if (!sent) {
      void byRest(act);
      return;
    }
    clearTimeout(timers.get(act.actionId));
    timers.set(
      act.actionId,
      setTimeout(() => {
        if (store.getState().acts[act.actionId]?.status === 'sending') void byRest(act);
      }, deps.patienceMs),
    );
  };

  deps.socket.onAction((frame: ActionFrame) => {
    const problem = frame.status === 'failed' ? frame.problem : undefined;
    const code = frame.status === 'failed' ? (frame.code ?? problem?.code) : undefined;
    settle(frame.action_id, { status: frame.status, code, detail: frame.detail ?? problem?.detail });
  });

  deps.socket.onOpen(() => {
    for (const act of Object.values(store.getState().acts)) if (act.status === 'sending') submit(act);
  });

  const begin = (call: string, action: Action, status: ActStatus): Act => {
    const act: Act = { actionId: deps.newId(), call, action, at: new Date().toISOString(), status };
    store.setState(({ acts }) => ({ acts: { ...acts, [act.actionId]: act } }));
    return act;
  };

  /** Sends now what was held back. */
  const release = (actionId: string) => {
    clearTimeout(waiting.get(actionId));
    if (!waiting.delete(actionId)) return;
    const act = store.getState().acts[actionId];
    if (!act) return;
    const sending: Act = { ...act, status: 'sending' };
    store.setState(({ acts }) => ({ acts: { ...acts, [actionId]: sending } }));
    submit(sending);
  };

  return {
    store,
    act(call: string, action: Action): string {
      const act = begin(call, action, 'sending');
      submit(act);
      return act.actionId;
    },
    /** An act that leaves no trace when it is taken back in time: it is sent after a while. */
    later(call: string, action: Action, ms: number): string {
      const { actionId } = begin(call, action, 'held_back');
      waiting.set(
        actionId,
        setTimeout(() => release(actionId), ms),
      );
      return actionId;
    },
    /** Takes back what was held back; false when it has been sent. */
    takeBack(actionId: string): boolean {
      clearTimeout(waiting.get(actionId));
      if (!waiting.delete(actionId)) return false;
      this.dismiss(actionId);
      return true;
    },
    /** The page goes: what was held back is sent. */
    flush(): void {
      for (const actionId of [...waiting.keys()]) release(actionId);
    },
    /** Tries a failed act again; it is a new act. */
    again(actionId: string): string | null {
      const act = store.getState().acts[actionId];
      if (!act) return null;
      this.dismiss(actionId);
      return this.act(act.call, act.action);
    },
    dismiss(actionId: string): void {
      store.setState(({ acts }) => {
        const { [actionId]: _, ...rest } = acts;
        return { acts: rest };
      });
    },
    forget(call: string): void {
      for (const act of Object.values(store.getState().acts)) if (act.call === call) release(act.actionId);
      // What is still under way is followed to its end.
      store.setState(({ acts }) => ({
        acts: Object.fromEntries(
          Object.entries(acts).filter(([, act]) => act.call !== call || !isOver(act.status)),
        ),
      }));
    },
  };
}

/** Acts of a call that its ledger does not show yet. */
export function notYetShown(
  acts: Readonly<Record<string, Act>>,
  call: string,
  items: readonly Item[],
): Act[] {
  const own = Object.values(acts).filter((act) => act.call === call);
  if (own.length === 0) return own;
  const shown = new Set(items.flatMap((item) => (item.kind === 'intervention' ? [item.action_id] : [])));
  return own.filter((act) => !shown.has(act.actionId));
}

export function isOver(status: ActStatus): boolean {
  return status === 'applied' || status === 'failed' || status === 'superseded';
}

function toStatus(text: string): ActStatus {
  return text === 'accepted' || text === 'applied' || text === 'superseded' ? text : 'failed';
}

function pick({ code, detail }: { code: string; detail: string }) {
  return { code, detail };
}
