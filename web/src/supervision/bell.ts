// A short tone when a call begins to wait for a person, for those who want it.
import { preferences } from '@/lib/preferences';
import { isWaiting, needOf } from '@/live/attention';
import { wall } from '@/live/live';

/** Listens until the returned function is called. */
export function startBell(): () => void {
  let known = new Set<string>();
  return wall.store.subscribe(({ lines }) => {
    const waiting = new Set<string>();
    for (const line of Object.values(lines)) {
      if (!isWaiting(line)) continue;
      waiting.add(`${line.call.id} ${needOf(line)}`);
    }
    const isNew = [...waiting].some((each) => !known.has(each));
    known = waiting;
    if (isNew && preferences.getState().sounds) void import('@/audio/chime').then(({ chime }) => chime());
  });
}
