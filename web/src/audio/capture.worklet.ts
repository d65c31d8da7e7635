// The microphone's side of a web call: any rate to 8 kHz, mu-law, frames of 20 ms.
import { Meter } from './meter';
import { encodeSample, silence, sampleRate as telephone } from './mulaw';
import { Resampler } from './resample';

const frameBytes = 160;
/** A level after each so many frames. */
const levelEvery = 3;

class Capture extends AudioWorkletProcessor {
  readonly #resampler = new Resampler(sampleRate, telephone);
  readonly #meter = new Meter();
  #frame = new Uint8Array(frameBytes);
  #filled = 0;
  #frames = 0;
  #muted = false;
  #over = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ muted?: boolean; over?: boolean }>) => {
      if (data.muted !== undefined) this.#muted = data.muted;
      if (data.over) this.#over = true;
    };
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    // A microphone that was pulled out is silence: the line stays up.
    const heard = inputs[0]?.[0] ?? new Float32Array(outputs[0]?.[0]?.length ?? 128);
    for (const sample of this.#resampler.push(heard)) {
      this.#meter.add(sample);
      this.#frame[this.#filled] = this.#muted ? silence : encodeSample(sample);
      this.#filled += 1;
      if (this.#filled === frameBytes) this.#send();
    }
    return !this.#over;
  }

  #send(): void {
    const sound = this.#frame;
    this.#frame = new Uint8Array(frameBytes);
    this.#filled = 0;
    this.#frames += 1;
    this.port.postMessage({ sound }, [sound.buffer]);
    if (this.#frames % levelEvery === 0) this.port.postMessage({ level: this.#meter.take() });
  }
}

registerProcessor('phony-capture', Capture);
