// What was done last and can be undone: the act that brings back how it was.
import { createStore } from 'zustand/vanilla';
import { acts } from '@/live/live';
import type { Action, Snapshot } from '@/live/wire';

/** How long the way back is offered. */
export const undoMs = 8_000;

export type Undoable = 'claim' | 'release' | 'hold' | 'unhold' | 'approval_mode' | 'note';

export interface Undo {
  call: string;
  kind: Undoable;
  actionId: string;
  /** Nothing for a note: it has not been sent yet. */
  back: Action | null;
}

export const undoStore = createStore<{ undo: Undo | null }>(() => ({ undo: null }));

let timer: ReturnType<typeof setTimeout> | undefined;

function offer(undo: Undo | null): void {
  clearTimeout(timer);
  undoStore.setState({ undo });
  if (undo) timer = setTimeout(() => undoStore.setState({ undo: null }), undoMs);
}

/** The act that brings back how it was; none for what cannot be taken back. */
export function wayBack(
  action: Action,
  before: Pick<Snapshot, 'approval_mode'>,
): { kind: Undoable; back: Action } | null {
  switch (action.type) {
    case 'claim':
      // To give it back to a colleague is not ours.
      return action.take ? null : { kind: 'claim', back: { type: 'release' } };
    case 'release':
      return { kind: 'release', back: { type: 'claim' } };
    case 'hold':
      return { kind: 'hold', back: { type: 'unhold' } };
    case 'unhold':
      return { kind: 'unhold', back: { type: 'hold' } };
    case 'approval_mode':
      return { kind: 'approval_mode', back: { type: 'approval_mode', mode: before.approval_mode } };
    default:
      return null;
  }
}

/** Acts, and offers the way back where there is one. */
export function perform(call: string, action: Action, before: Pick<Snapshot, 'approval_mode'>): void {
  if (action.type === 'note') {
    offer({ call, kind: 'note', actionId: acts.later(call, action, undoMs), back: null });
    return;
  }
  const actionId = acts.act(call, action);
  const way = wayBack(action, before);
  if (way) offer({ call, actionId, ...way });
}

export function undoLast(call: string): void {
  const { undo } = undoStore.getState();
  if (undo?.call !== call) return;
  offer(null);
  if (undo.back) acts.act(call, undo.back);
  else acts.takeBack(undo.actionId);
}
