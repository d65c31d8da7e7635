// The wall as a person can read it: hundreds of calls change many times a second, and a few pictures of them are enough.
import { useEffect, useState } from 'react';
import { wall } from './live';
import type { WallState } from './topics';

const pictureMs = 120;

export function useCalmWall(): WallState {
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
