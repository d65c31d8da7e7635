// How loud a sound is, as a meter shows it.

/** 0..1 over the range that voices have: -50 dB is nothing, -8 dB is all. */
export function levelOf(meanSquare: number): number {
  if (meanSquare <= 0) return 0;
  const decibels = 10 * Math.log10(meanSquare);
  return Math.max(0, Math.min(1, (decibels + 50) / 42));
}

/** Gathers samples and gives the level now and then. */
export class Meter {
  #sum = 0;
  #count = 0;

  add(sample: number): void {
    this.#sum += sample * sample;
    this.#count += 1;
  }

  /** The level of what was gathered; then begins again. */
  take(): number {
    const level = this.#count === 0 ? 0 : levelOf(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    return level;
  }
}
