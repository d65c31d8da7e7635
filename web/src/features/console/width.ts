// How much room there is: for lines, talk and cards beside each other, for the talk alone, or for one of them at a time.
import { useSyncExternalStore } from 'react';

const queries = { narrow: '(max-width: 719px)', middle: '(max-width: 1099px)' };

export type Width = 'narrow' | 'middle' | 'wide';

function widthNow(): Width {
  if (matchMedia(queries.narrow).matches) return 'narrow';
  return matchMedia(queries.middle).matches ? 'middle' : 'wide';
}

function watch(tell: () => void): () => void {
  const lists = Object.values(queries).map((query) => matchMedia(query));
  for (const list of lists) list.addEventListener('change', tell);
  return () => {
    for (const list of lists) list.removeEventListener('change', tell);
  };
}

export function useWidth(): Width {
  return useSyncExternalStore(watch, widthNow);
}
