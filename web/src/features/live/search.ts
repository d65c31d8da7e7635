// What the address of the wall may say. Read by the route before the page is loaded, so it stands alone.
import type { Need } from '@/live/attention';
import type { LampWord } from '@/ui/Lamp';

export interface WallSearch {
  q?: string;
  need?: Need | 'mine';
  /** One of our own numbers. */
  number?: string;
  /** Id of a personality. */
  personality?: string;
  state?: LampWord;
}

const needs = ['asks', 'approval', 'human', 'unhappy', 'silent', 'slow', 'long', 'mine'] as const;

/** The states that a line on the wall can be looked for by. */
export const states = [
  'ringing',
  'greeting',
  'listening',
  'thinking',
  'speaking',
  'awaiting_human',
  'awaiting_approval',
  'human_speaking',
  'on_hold',
] as const satisfies readonly LampWord[];

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined);

export function readSearch(search: Record<string, unknown>): WallSearch {
  // A number in an address may have been read as one.
  const number = typeof search.number === 'number' ? `+${search.number}` : text(search.number);
  return {
    q: typeof search.q === 'number' ? String(search.q) : text(search.q),
    need: needs.find((need) => need === search.need),
    number,
    personality: text(search.personality),
    state: states.find((state) => state === search.state),
  };
}
