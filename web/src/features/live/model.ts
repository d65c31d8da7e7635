// What the wall shows: the lines, filtered by what the address says.
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { nearEnd } from '@/lib/ended';
import { type Need, needsOf } from '@/live/attention';
import { useCalmWall } from '@/live/calm';
import { socket } from '@/live/live';
import { lineOf, type WallLine } from '@/live/wall';
import type { WallCall } from '@/live/wire';
import { lampWord } from '@/ui/Lamp';
import type { WallSearch } from './search';

/** The lines from the socket or, while it cannot be had, from the API every few seconds. */
export function useLines() {
  const { lines, ready } = useCalmWall();
  const link = useStore(socket.state, (state) => state.link);
  const polls = !ready && link !== 'catching_up' && link !== 'live' && link !== 'connecting';
  const { data, error, refetch } = $api.useQuery(
    'get',
    '/v1/calls/live',
    {},
    // Asked at once: the rows are there before the socket has told its first word.
    { enabled: !ready, refetchInterval: polls ? 5_000 : false },
  );
  const told = useMemo(() => Object.values(lines), [lines]);
  const asked = useMemo(() => data?.data.map((call) => lineOf(call as WallCall)) ?? [], [data]);
  if (ready) return { ready, lines: told, problem: null, retry: () => undefined };
  const problem = polls && error && !data ? asProblem(error) : null;
  return {
    ready: data !== undefined,
    lines: asked,
    problem,
    retry: () => void refetch(),
  };
}

/** Lines of a need, or those that one has claimed. */
export function isIn(line: WallLine, need: Need | 'mine', self: string | undefined, now: number): boolean {
  if (need === 'mine') return self !== undefined && line.claimedBy?.id === self;
  return needsOf(line, now).includes(need);
}

/** Whether a line is one of those that number, personality, state and words ask for. */
export function matches(line: WallLine, { q, number, personality, state }: WallSearch): boolean {
  const { call } = line;
  if (number && nearEnd(call) !== number) return false;
  if (personality && call.personality?.id !== personality) return false;
  if (state && lampWord({ ...call, asks: line.asks !== null }) !== state) return false;
  if (!q) return true;
  const names = `${call.personality?.name ?? ''} ${line.claimedBy?.name ?? ''} ${line.words?.text ?? ''}`;
  const hay = `${call.from} ${call.to} ${names}`.toLowerCase();
  const wanted = q.toLowerCase();
  return hay.includes(wanted) || hay.includes(wanted.replace(/[\s()-]/g, ''));
}

/** Numbers and personalities to choose from: those on the wall, and the chosen one. */
export function choicesOf(lines: readonly WallLine[], { number, personality }: WallSearch) {
  const numbers = new Set(lines.map(({ call }) => nearEnd(call)));
  if (number) numbers.add(number);
  const personalities = new Map<string, string>();
  for (const { call } of lines)
    if (call.personality) personalities.set(call.personality.id, call.personality.name);
  if (personality && !personalities.has(personality)) personalities.set(personality, '–');
  return {
    numbers: [...numbers].sort(),
    personalities: [...personalities].sort(([, a], [, b]) => a.localeCompare(b)),
  };
}
