// Frames between the socket and the stores: drained once a frame and never for longer than a few milliseconds, so
// that a busy tenant cannot make the page stutter. Of partial texts only the newest of a line is kept.
import type { EventFrame, ServerFrame } from './wire';

export interface Clockwork {
  now: () => number;
  /** Runs `work` at the next frame, or within a second when nobody is looking. */
  soon: (work: () => void) => void;
}

const budgetMs = 4;
const chunk = 32;

export class FrameQueue {
  readonly #frames: (ServerFrame | undefined)[] = [];
  readonly #partials = new Map<string, number>();
  readonly #deliver: (frames: ServerFrame[]) => void;
  readonly #clock: Clockwork;
  #start = 0;
  #planned = false;

  constructor(clock: Clockwork, deliver: (frames: ServerFrame[]) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  get size(): number {
    return this.#frames.length - this.#start;
  }

  push(frame: ServerFrame): void {
    const partial = partialKey(frame);
    if (partial) {
      const old = this.#partials.get(partial);
      // The newer one goes to the end, so that what came between keeps its order.
      if (old !== undefined) this.#frames[old] = undefined;
      this.#partials.set(partial, this.#frames.length);
    }
    this.#frames.push(frame);
    this.#plan();
  }

  clear(): void {
    this.#frames.length = 0;
    this.#partials.clear();
    this.#start = 0;
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.soon(() => {
      this.#planned = false;
      this.#drain();
    });
  }

  #drain(): void {
    const until = this.#clock.now() + budgetMs;
    while (this.#start < this.#frames.length) {
      const end = Math.min(this.#start + chunk, this.#frames.length);
      const batch = this.#frames.slice(this.#start, end).filter((frame) => frame !== undefined);
      this.#start = end;
      if (batch.length > 0) this.#deliver(batch);
      if (this.#clock.now() >= until) break;
    }
    if (this.#start >= this.#frames.length) {
      this.clear();
      return;
    }
    for (const [key, at] of this.#partials) if (at < this.#start) this.#partials.delete(key);
    this.#plan();
  }
}

function partialKey(frame: ServerFrame): string | null {
  if (frame.op !== 'event' || (frame as EventFrame).event !== 'speech.partial') return null;
  const event = frame as Extract<EventFrame, { event: 'speech.partial' }>;
  return `${event.topic} ${event.id} ${event.data.item_id} ${event.data.speaker}`;
}

/** The browser's own clock and frames. */
export const browserClockwork: Clockwork = {
  now: () => performance.now(),
  soon: (work) => {
    if (document.visibilityState === 'hidden') setTimeout(work, 1_000);
    else requestAnimationFrame(work);
  },
};
