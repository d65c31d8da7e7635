// Sound on its way to the speaker: made in steps at the telephone's rate, taken in blocks at the speaker's.
import { sampleRate as telephone } from './mulaw';
import { Resampler } from './resample';

/** Bytes that are made ready at one time: 4 ms. */
export const stepBytes = 32;
const levelEveryMs = 60;

export class Ready {
  readonly #resampler: Resampler;
  #samples = new Float32Array(0);
  #sinceLevelMs = 0;

  constructor(speakerRate: number) {
    this.#resampler = new Resampler(telephone, speakerRate);
  }

  /** Fills all channels alike; `step` makes the next samples when there are too few. */
  fill(channels: Float32Array[], step: () => Float32Array): void {
    const [first, ...others] = channels;
    if (!first) return;
    while (this.#samples.length < first.length) this.#add(this.#resampler.push(step()));
    first.set(this.#samples.subarray(0, first.length));
    this.#samples = this.#samples.slice(first.length);
    for (const other of others) other.set(first);
  }

  /** Whether it is time to tell the page how loud it is; asked once a step. */
  tellsLevel(): boolean {
    this.#sinceLevelMs += stepBytes / 8;
    if (this.#sinceLevelMs < levelEveryMs) return false;
    this.#sinceLevelMs = 0;
    return true;
  }

  #add(made: Float32Array): void {
    const all = new Float32Array(this.#samples.length + made.length);
    all.set(this.#samples);
    all.set(made, this.#samples.length);
    this.#samples = all;
  }
}
