// The ear at a live call: three voices, each through a buffer of its own, mixed for the speaker; and how loud each is.
import { JitterBuffer } from './jitter';
import { Meter } from './meter';
import { decodeSample, sampleRate as telephone } from './mulaw';
import { Resampler } from './resample';
import { type Channel, hears, type Voice, voices } from './voices';

interface Told {
  voice?: Voice;
  sound?: Uint8Array;
  channel?: Channel;
  speaking?: boolean;
  clear?: boolean;
  over?: boolean;
}

/** Bytes that are made ready at one time: 4 ms. */
const stepBytes = 32;
const levelEveryMs = 60;

class Listening extends AudioWorkletProcessor {
  readonly #buffers = new Map<Voice, JitterBuffer>(voices.map((voice) => [voice, new JitterBuffer()]));
  readonly #meters = new Map<Voice, Meter>(voices.map((voice) => [voice, new Meter()]));
  readonly #resampler = new Resampler(telephone, sampleRate);
  readonly #step = new Uint8Array(stepBytes);
  #ready = new Float32Array(0);
  #channel: Channel = 'both';
  #speaking = false;
  #sinceLevelMs = 0;
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
    const [first, ...others] = outputs[0] ?? [];
    if (!first) return !this.#over;
    while (this.#ready.length < first.length) this.#more();
    first.set(this.#ready.subarray(0, first.length));
    this.#ready = this.#ready.slice(first.length);
    for (const other of others) other.set(first);
    return !this.#over;
  }

  #more(): void {
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
    const made = this.#resampler.push(mixed);
    const all = new Float32Array(this.#ready.length + made.length);
    all.set(this.#ready);
    all.set(made, this.#ready.length);
    this.#ready = all;
    this.#tell();
  }

  #tell(): void {
    this.#sinceLevelMs += stepBytes / 8;
    if (this.#sinceLevelMs < levelEveryMs) return;
    this.#sinceLevelMs = 0;
    const level = (voice: Voice) => this.#meters.get(voice)?.take() ?? 0;
    const levels = { caller: level('caller'), agent: level('agent'), supervisor: level('supervisor') };
    const waitingMs = Math.max(...[...this.#buffers.values()].map((buffer) => buffer.waitingMs));
    this.port.postMessage({ levels, waitingMs });
  }
}

registerProcessor('phony-listening', Listening);
