// Changes the rate of a stream of samples by a windowed sinc: what is above half of the slower rate is taken out
// first, or it would come back as noise. Works piece by piece and gives the same as at once.

/** Zero crossings of the sinc on either side. */
const wings = 16;
/** Where the filter begins to close, of half the slower rate: voices stay whole, mirrors are gone. */
const cutoff = 0.92;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The kernels of all positions between two samples, each as long as the other. */
function kernels(phases: number, taps: number, scale: number): Float32Array[] {
  const half = taps / 2;
  return Array.from({ length: phases }, (_, phase) => {
    const kernel = new Float32Array(taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const x = tap - half + 1 - phase / phases;
      const angle = Math.PI * x * scale;
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      // Blackman
      const at = (x + half) / taps;
      const window = 0.42 - 0.5 * Math.cos(2 * Math.PI * at) + 0.08 * Math.cos(4 * Math.PI * at);
      const value = sinc * Math.max(0, window);
      kernel[tap] = value;
      sum += value;
    }
    // A constant stays what it is.
    for (let tap = 0; tap < taps; tap += 1) kernel[tap] = (kernel[tap] ?? 0) / sum;
    return kernel;
  });
}

export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  readonly #kernels: Float32Array[];
  #waiting: Float32Array;
  /** Position of the next sample that comes out, in steps of a sample that came in divided by `#up`. */
  #phase = 0;

  constructor(from: number, to: number) {
    const common = gcd(Math.round(from), Math.round(to));
    this.#up = Math.round(to) / common;
    this.#down = Math.round(from) / common;
    const scale = Math.min(1, to / from) * cutoff;
    this.#taps = 2 * Math.ceil(wings / scale);
    this.#kernels = kernels(this.#up, this.#taps, scale);
    this.#waiting = new Float32Array(this.#taps - 1);
  }

  /** The samples at the other rate, as far as they are certain. */
  push(samples: Float32Array): Float32Array {
    const all = new Float32Array(this.#waiting.length + samples.length);
    all.set(this.#waiting);
    all.set(samples, this.#waiting.length);
    const out = new Float32Array(Math.ceil((samples.length * this.#up) / this.#down) + 1);
    let made = 0;
    let at = Math.floor(this.#phase / this.#up);
    while (at + this.#taps <= all.length) {
      const kernel = this.#kernels[this.#phase % this.#up];
      let sum = 0;
      if (kernel)
        for (let tap = 0; tap < this.#taps; tap += 1) sum += (all[at + tap] ?? 0) * (kernel[tap] ?? 0);
      out[made] = sum;
      made += 1;
      this.#phase += this.#down;
      at = Math.floor(this.#phase / this.#up);
    }
    // The next sample may begin beyond what is here, when the rate is lowered a lot.
    const used = Math.min(at, all.length);
    this.#waiting = all.slice(used);
    this.#phase -= used * this.#up;
    return out.subarray(0, made);
  }
}
