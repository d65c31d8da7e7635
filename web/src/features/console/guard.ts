// A card that has just come cannot be decided yet: nobody approves what they have not seen.
import { useEffect, useRef, useState } from 'react';

export const guardMs = 400;

/**
 * Whether something has been in its place for long enough; the time begins anew with the key. `isSeen` is exact, for
 * keys; `seen` is for what is shown.
 */
export function useGuard(key: string | boolean): { isSeen: () => boolean; seen: boolean } {
  const since = useRef(Number.POSITIVE_INFINITY);
  const [seen, setSeen] = useState<string | boolean | null>(null);
  useEffect(() => {
    since.current = performance.now();
    const timer = setTimeout(() => setSeen(key), guardMs);
    return () => clearTimeout(timer);
  }, [key]);
  return { isSeen: () => performance.now() - since.current >= guardMs, seen: seen === key };
}
