// The ear at a live call: three voices, each through a buffer of its own, mixed for the speaker; and how loud each is.
import { JitterBuffer } from './jitter';
import { Meter } from './meter';
import { decodeSample } from './mulaw';
import { Ready, stepBytes } from './ready';
import { type Channel, hears, type Voice, voices } from './voices';

interface Told {
  voice?: Voice;
  sound?: Uint8Array;
  channel?: Channel;
  speaking?: boolean;
  clear?: boolean;
  over?: boolean;
}

class Listening extends AudioWorkletProcessor {
  readonly #buffers = new Map<Voice, JitterBuffer>(voices.map((voice) => [voice, new JitterBuffer()]));
  readonly #meters = new Map<Voice, Meter>(voices.map((voice) => [voice, new Meter()]));
  readonly #ready = new Ready(sampleRate);
  readonly #step = new Uint8Array(stepBytes);
  #channel: Channel = 'both';
  #speaking = false;
  #over = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.voice && data.sound) this.#buffers.get(data.voice)?.push(data.sound);
      if (data.channel) this.#channel = data.channel;
      if (data.speaking !== undefined) this.#speaking = data.speaking;
      if (data.clear) for (const buffer of this.#buffers.values()) buffer.clear();
      if (data.over) this.#over = true;
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    this.#ready.fill(outputs[0] ?? [], () => this.#more());
    return !this.#over;
  }

  #more(): Float32Array {
    const mixed = new Float32Array(stepBytes);
    for (const voice of voices) {
      const bytes = this.#buffers.get(voice)?.take(this.#step) ?? 0;
      const heard = hears(this.#channel, this.#speaking, voice);
      const meter = this.#meters.get(voice);
      for (let at = 0; at < stepBytes; at += 1) {
        const sample = at < bytes ? decodeSample(this.#step[at] ?? 0) : 0;
        meter?.add(sample);
        if (heard) mixed[at] = Math.max(-1, Math.min(1, (mixed[at] ?? 0) + sample));
      }
    }
    if (this.#ready.tellsLevel()) this.#tell();
    return mixed;
  }

  #tell(): void {
    const level = (voice: Voice) => this.#meters.get(voice)?.take() ?? 0;
    const levels = { caller: level('caller'), agent: level('agent'), supervisor: level('supervisor') };
    const waitingMs = Math.max(...[...this.#buffers.values()].map((buffer) => buffer.waitingMs));
    this.port.postMessage({ levels, waitingMs });
  }
}

registerProcessor('phony-listening', Listening);
