// The call that a console shows, for all of its parts: what is known of it, and what may be done to it.
import { createContext, useContext } from 'react';
import type { Call } from '@/api/types';
import type { Abilities, Action, Actor, Snapshot } from '@/live/wire';

export type Panel = 'keys' | 'transfer' | 'end' | 'note' | 'takeover' | 'handback';

export interface Here {
  call: Call;
  live: Snapshot;
  self: string | undefined;
  abilities: Abilities;
  can: { intervene: boolean; transfer: boolean; end: boolean };
  over: boolean;
  /** There is no connection that an act could go by. */
  cut: boolean;
  /** A colleague has claimed the call: acts of others fail. */
  heldBy: Actor | null;
  /** Somebody of this name speaks in the agent's place; oneself is `you`. */
  spokenBy: { actor: Actor; you: boolean } | null;
  act: (action: Action) => void;
  open: (panel: Panel) => void;
}

export const HereContext = createContext<Here | null>(null);

export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error('no call is shown');
  return here;
}

/** Whether an act would go through now. */
export function isFree({ can, over, cut, heldBy }: Here): boolean {
  return can.intervene && !over && !cut && heldBy === null;
}

/** What can be done by how a call is spoken, until the server has said it. */
export function usualAbilities({ engine, channel }: Call): Abilities {
  const sound = engine === 'realtime' || channel === 'web';
  return { listen: sound, takeover_microphone: sound, takeover_keyboard: true };
}
