// What the wall shows: the lines, calmed to a few pictures a second, filtered by what the address says.
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { nearEnd } from '@/lib/ended';
import { type Need, needsOf } from '@/live/attention';
import { socket, wall } from '@/live/live';
import { lineOf, type WallLine } from '@/live/wall';
import { lampWord } from '@/ui/Lamp';
import type { WallSearch } from './search';

/** Hundreds of calls change many times a second; a person reads a few pictures of them. */
const pictureMs = 120;

function useCalmWall() {
  const [shown, setShown] = useState(wall.store.getState);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setShown(wall.store.getState());
    };
    show();
    const stop = wall.store.subscribe(() => {
      timer ??= setTimeout(show, pictureMs);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  return shown;
}

/** The lines from the socket or, while it cannot be had, from the API every few seconds. */
export function useLines() {
  const { lines, ready } = useCalmWall();
  const link = useStore(socket.state, (state) => state.link);
  const polls = !ready && link !== 'catching_up' && link !== 'live' && link !== 'connecting';
  const { data, error, refetch } = $api.useQuery(
    'get',
    '/v1/calls/live',
    {},
    { enabled: polls, refetchInterval: 5_000 },
  );
  if (ready) return { ready, lines: Object.values(lines), problem: null, retry: () => undefined };
  const problem = polls && error && !data ? asProblem(error) : null;
  return {
    ready: data !== undefined,
    lines: data?.data.map(lineOf) ?? [],
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
