// Whether the screen is a telephone's.
import { useSyncExternalStore } from 'react';

const query = '(max-width: 719px)';

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (tell) => {
      const list = matchMedia(query);
      list.addEventListener('change', tell);
      return () => list.removeEventListener('change', tell);
    },
    () => matchMedia(query).matches,
  );
}
