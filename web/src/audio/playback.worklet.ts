// The speaker's side of a web call: mu-law at 8 kHz to the rate of the speaker, through the queue.
import { Meter } from './meter';
import { decodeSample } from './mulaw';
import { PlayQueue } from './queue';
import { Ready, stepBytes } from './ready';

interface Told {
  sound?: Uint8Array;
  mark?: string;
  clear?: boolean;
  over?: boolean;
}

class Playback extends AudioWorkletProcessor {
  readonly #queue = new PlayQueue();
  readonly #ready = new Ready(sampleRate);
  readonly #meter = new Meter();
  readonly #step = new Uint8Array(stepBytes);
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
    this.#ready.fill(outputs[0] ?? [], () => this.#more());
    return !this.#over;
  }

  #more(): Float32Array {
    const { bytes, marks } = this.#queue.take(this.#step);
    const samples = new Float32Array(stepBytes);
    for (let at = 0; at < bytes; at += 1) samples[at] = decodeSample(this.#step[at] ?? 0);
    for (const sample of samples) this.#meter.add(sample);
    if (marks.length > 0) this.port.postMessage({ marks });
    if (this.#ready.tellsLevel()) {
      this.port.postMessage({ level: this.#meter.take(), playedMs: this.#queue.played / 8 });
    }
    return samples;
  }
}

registerProcessor('phony-playback', Playback);
