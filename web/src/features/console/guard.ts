// A card that has just come cannot be decided yet: nobody approves what they have not seen.
import { useEffect, useRef } from 'react';

export const guardMs = 400;

/** Whether something has been in its place for long enough; the time begins anew with the key. */
export function useGuard(key: string | boolean): () => boolean {
  const since = useRef(Number.POSITIVE_INFINITY);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => {
    since.current = performance.now();
  }, [key]);
  return () => performance.now() - since.current >= guardMs;
}
