// How far what is heard here is behind the call, as far as a browser can know it: sound is sent in pieces, is on its way,
// waits to be played, and goes through the speaker.
import type { Voice } from './voices';

const perMs = 8;
/** The figure is the middle of so many pieces: one that is late does not matter. */
const looksBack = 50;
/** The quickest way is looked for again after so long: clocks run apart. */
const forgetMs = 60_000;

interface Way {
  leastMs: number;
  since: number;
}

export class Behind {
  readonly #ways = new Map<Voice, Way>();
  #networkMs = 0;
  /** How long each of the last pieces was, and how late. */
  #last: number[] = [];

  /** How long the way to the server and back is: a piece needs half of that. */
  roundTrip(ms: number): void {
    this.#networkMs = ms / 2;
  }

  /** A piece is here; `timeMs` is when it began, by the clock of the call. */
  came(voice: Voice, timeMs: number, bytes: number, nowMs: number): void {
    const apart = nowMs - timeMs - bytes / perMs;
    const known = this.#ways.get(voice);
    const way =
      known && nowMs - known.since < forgetMs && known.leastMs <= apart
        ? known
        : { leastMs: apart, since: nowMs };
    this.#ways.set(voice, way);
    this.#last.push(bytes / perMs + apart - way.leastMs);
    if (this.#last.length > looksBack) this.#last.shift();
  }

  clear(): void {
    this.#ways.clear();
    this.#last = [];
  }

  /** In milliseconds, with what waits and what the speaker needs; none as long as nothing was heard. */
  ms(waitingMs: number, speakerMs: number): number | null {
    const middle = [...this.#last].sort((a, b) => a - b)[this.#last.length >> 1];
    return middle === undefined ? null : Math.round(middle + this.#networkMs + waitingMs + speakerMs);
  }
}

/** The way to the server and back, as the quickest answer that this page ever had from it shows. */
export function quickestAnswerMs(): number {
  const answers = performance
    .getEntriesByType('resource')
    .filter(
      (entry): entry is PerformanceResourceTiming => 'transferSize' in entry && entry.transferSize !== 0,
    )
    .map(({ requestStart, responseStart }) => responseStart - requestStart)
    .filter((ms) => ms > 0);
  return answers.length > 0 ? Math.min(...answers) : 0;
}
