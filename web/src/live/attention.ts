// What a call needs of a person, and in which order lines are shown: the neediest first, and nothing moves under
// the pointer or the focus.
import { slowMs, type WallLine } from './wall';
import type { Attention, AttentionKind, MoodReason } from './wire';

export const needs = ['asks', 'approval', 'human', 'unhappy', 'silent', 'slow', 'long'] as const;

export type Need = (typeof needs)[number];

const words: Record<AttentionKind, Need> = {
  clarification: 'asks',
  approval: 'approval',
  takeover: 'human',
  unhappy: 'unhappy',
  silent: 'silent',
  slow: 'slow',
  long: 'long',
};

/** A call above this is called long, where the server does not say it. */
const longMs = 10 * 60_000;

/** Everything a line needs now, the most urgent first. */
export function needsOf(line: WallLine, now: number): Need[] {
  const { call, attention } = line;
  if (call.status === 'ended') return [];
  const found = new Set(attention?.map(({ kind }) => words[kind]));
  if (line.asks || call.state === 'awaiting_human') found.add('asks');
  if (call.state === 'awaiting_approval') found.add('approval');
  if (line.takeover || call.state === 'human_speaking') found.add('human');
  if (!attention) {
    if (line.mood === -1) found.add('unhappy');
    if (line.replyMs !== null && line.replyMs > slowMs) found.add('slow');
    if (call.answered_at && now - Date.parse(call.answered_at) > longMs) found.add('long');
  }
  return needs.filter((need) => found.has(need));
}

/** What the server says about one need of a line. */
export function tellsOf({ attention }: WallLine, need: Need): Attention | undefined {
  return attention?.find(({ kind }) => words[kind] === need);
}

const reasons = ['asked_for_person', 'complains', 'repeats', 'interrupts'] as const satisfies MoodReason[];

/** Why a caller is taken for unhappy, if it is told and there are words for it. */
export function whyUnhappy(attention: readonly Attention[] | null): MoodReason | null {
  const told = attention?.find(({ kind }) => kind === 'unhappy')?.reason;
  return reasons.find((reason) => reason === told) ?? null;
}

/** Until when somebody can answer, in the clock of the server. */
export function expiryOf(line: WallLine, need: Need): string | undefined {
  const asked = need === 'asks' ? line.asks?.expiresAt : undefined;
  return asked ?? tellsOf(line, need)?.expires_at ?? undefined;
}

/** The most urgent need of a line. */
export function needOf(line: WallLine, now = Date.now()): Need | 'rest' | 'ended' {
  if (line.call.status === 'ended') return 'ended';
  return needsOf(line, now)[0] ?? 'rest';
}

/** A person is waited for. */
export function isWaiting(line: WallLine): boolean {
  const need = needOf(line);
  return need === 'asks' || need === 'approval';
}

const ranks: Record<Need | 'rest' | 'ended', number> = {
  asks: 0,
  approval: 1,
  human: 2,
  unhappy: 3,
  silent: 4,
  slow: 5,
  long: 6,
  rest: 7,
  ended: 8,
};

/** Most needy first; who waits for a person by the time left, all others the oldest first. */
export function sortByNeed(lines: readonly WallLine[], now = Date.now()): WallLine[] {
  const keyed = lines.map((line) => {
    const need = needOf(line, now);
    const until = need === 'asks' || need === 'approval' ? expiryOf(line, need) : undefined;
    return { line, rank: ranks[need], key: until ?? line.call.created_at };
  });
  keyed.sort((a, b) => a.rank - b.rank || compare(a.key, b.key) || compare(a.line.call.id, b.line.call.id));
  return keyed.map(({ line }) => line);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The order while somebody is busy with the list: what is shown keeps its place, what is new comes last. `late` says
 * that lines would stand elsewhere if the list were put in order.
 */
export function keepOrder(
  shown: readonly string[],
  wanted: readonly string[],
): { order: string[]; late: boolean } {
  const left = new Set(wanted);
  const order = shown.filter((id) => left.delete(id));
  order.push(...wanted.filter((id) => left.has(id)));
  return { order, late: order.some((id, at) => id !== wanted[at]) };
}
