// How far what is heard here is behind the call, as far as a browser can know it: sound is sent in pieces, is on its way,
// waits to be played, and goes through the speaker.
import type { Voice } from './voices';

const perMs = 8;
/** Share of a new piece in the figure that is told. */
const share = 0.1;
/** The quickest way is looked for again after so long: clocks run apart. */
const forgetMs = 60_000;

interface Way {
  leastMs: number;
  since: number;
}

export class Behind {
  readonly #ways = new Map<Voice, Way>();
  #networkMs = 0;
  #pieceMs = 0;
  #lateMs = 0;
  #knows = false;

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
    const toward = (now: number, next: number) => (this.#knows ? now + (next - now) * share : next);
    this.#pieceMs = toward(this.#pieceMs, bytes / perMs);
    this.#lateMs = toward(this.#lateMs, apart - way.leastMs);
    this.#knows = true;
  }

  clear(): void {
    this.#ways.clear();
    this.#knows = false;
  }

  /** In milliseconds, with what waits and what the speaker needs; none as long as nothing was heard. */
  ms(waitingMs: number, speakerMs: number): number | null {
    if (!this.#knows) return null;
    return Math.round(this.#pieceMs + this.#networkMs + this.#lateMs + waitingMs + speakerMs);
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
