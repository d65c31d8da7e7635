// The order of the wall while somebody points at it or walks it: lines stay where they are until the hand is away.
import { useEffect, useRef, useState } from 'react';
import { keepOrder } from '@/live/attention';
import type { WallLine } from '@/live/wall';

/** After so long without a move the list is put in order, whoever left the pointer there. */
const restMs = 8_000;

export function useSteady(sorted: readonly WallLine[]) {
  const [isBusy, setBusy] = useState(false);
  const shown = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const wanted = sorted.map(({ call }) => call.id);
  const kept = isBusy ? keepOrder(shown.current, wanted) : { order: wanted, late: false };
  useEffect(() => {
    shown.current = kept.order;
  });
  const byId = new Map(sorted.map((line) => [line.call.id, line]));
  return {
    lines: kept.order.flatMap((id) => byId.get(id) ?? []),
    late: kept.late,
    /** Somebody points or walks: nothing moves. */
    busy: () => {
      setBusy(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setBusy(false), restMs);
    },
    /** Put in order now. */
    settle: () => {
      clearTimeout(timer.current);
      setBusy(false);
    },
  };
}
