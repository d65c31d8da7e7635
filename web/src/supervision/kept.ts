// That this browser is on a line, kept so that a window that comes back can offer to go on.
import type { Via } from '@/live/wire';

const place = 'phony.on_the_line.v1';
/** Who comes back later has forgotten. */
const longestMs = 10 * 60_000;

export interface Kept {
  call: string;
  caller: string;
  via: Via;
  user: string;
  at: number;
}

export const kept = {
  write(line: Kept): void {
    try {
      localStorage.setItem(place, JSON.stringify(line));
    } catch {
      // Without it a window that comes back offers nothing.
    }
  },
  read(): Kept | null {
    try {
      const line = JSON.parse(localStorage.getItem(place) ?? 'null') as Kept | null;
      return line && typeof line.call === 'string' && Date.now() - line.at < longestMs ? line : null;
    } catch {
      return null;
    }
  },
  clear(): void {
    try {
      localStorage.removeItem(place);
    } catch {
      // As above.
    }
  },
};
