// The speaker's side of a web call: mu-law at 8 kHz to the rate of the speaker, through the queue.
import { Meter } from './meter';
import { decodeSample, sampleRate as telephone } from './mulaw';
import { PlayQueue } from './queue';
import { Resampler } from './resample';

interface Told {
  sound?: Uint8Array;
  mark?: string;
  clear?: boolean;
  over?: boolean;
}

/** Bytes that are made ready at one time: 4 ms. */
const stepBytes = 32;
const levelEveryMs = 60;

class Playback extends AudioWorkletProcessor {
  readonly #queue = new PlayQueue();
  readonly #resampler = new Resampler(telephone, sampleRate);
  readonly #meter = new Meter();
  readonly #step = new Uint8Array(stepBytes);
  #ready = new Float32Array(0);
  #sinceLevelMs = 0;
  #over = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.sound) this.#queue.push(data.sound);
      if (data.mark !== undefined) this.#queue.mark(data.mark);
      if (data.clear) this.#queue.clear();
      if (data.over) this.#over = true;
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [first, ...others] = outputs[0] ?? [];
    if (!first) return !this.#over;
    while (this.#ready.length < first.length) this.#more();
    first.set(this.#ready.subarray(0, first.length));
    this.#ready = this.#ready.slice(first.length);
    for (const other of others) other.set(first);
    return !this.#over;
  }

  #more(): void {
    const { bytes, marks } = this.#queue.take(this.#step);
    const samples = new Float32Array(stepBytes);
    for (let at = 0; at < bytes; at += 1) samples[at] = decodeSample(this.#step[at] ?? 0);
    for (const sample of samples) this.#meter.add(sample);
    const made = this.#resampler.push(samples);
    const all = new Float32Array(this.#ready.length + made.length);
    all.set(this.#ready);
    all.set(made, this.#ready.length);
    this.#ready = all;
    if (marks.length > 0) this.port.postMessage({ marks });
    this.#sinceLevelMs += stepBytes / 8;
    if (this.#sinceLevelMs >= levelEveryMs) {
      this.#sinceLevelMs = 0;
      this.port.postMessage({ level: this.#meter.take(), playedMs: this.#queue.played / 8 });
    }
  }
}

registerProcessor('phony-playback', Playback);
