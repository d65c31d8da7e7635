// What Chromium's stand-in for a microphone hears: a voice that waits for the greeting, asks, and is silent again.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Place } from './product.ts';
import { output, run } from './process.ts';

/** The browser is started with this name; the file is read when a microphone is first opened. */
export const microphoneFile = join(output, 'microphone.wav');

const rate = 48_000;

/** Samples of a spoken text, or of shaped tones where nobody can speak. */
async function voice(text: string): Promise<Int16Array> {
  const file = join(output, 'voice.wav');
  try {
    await run('espeak-ng', ['-v', 'en-gb', '-s', '150', '-w', file, text], {}, '');
    return resampled(readFileSync(file));
  } catch {
    return tones(2);
  }
}

/** Syllables of about the length that people speak them in. */
function tones(seconds: number): Int16Array {
  return Int16Array.from({ length: rate * seconds }, (_, at) => {
    const time = at / rate;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 4 * time));
    return 12_000 * syllable * Math.sin(2 * Math.PI * 180 * time);
  });
}

function resampled(wav: Buffer): Int16Array {
  const from = wav.readUInt32LE(24);
  const samples = Array.from({ length: (wav.length - 44) >> 1 }, (_, at) => wav.readInt16LE(44 + at * 2));
  return Int16Array.from({ length: Math.floor((samples.length * rate) / from) }, (_, at) => {
    const place = (at * from) / rate;
    const before = samples[Math.floor(place)] ?? 0;
    const after = samples[Math.ceil(place)] ?? before;
    return before + (after - before) * (place % 1);
  });
}

/** Writes what the microphone hears: silence, a text, and silence for a minute. */
export async function prepareMicrophone(
  text: string,
  silentFirstSeconds: number,
  file = microphoneFile,
): Promise<void> {
  const spoken = await voice(text);
  const lead = rate * silentFirstSeconds;
  const all = new Int16Array(lead + spoken.length + rate * 60);
  all.set(spoken, lead);
  write(file, all);
}

/**
 * Writes a sentence that the simulated people and models understand behind the microphone. The browser begins again at
 * the end of the file: it is said over and over, with a pause.
 */
export async function prepareUnderstood(place: Place, text: string, pauseSeconds: number, file: string): Promise<void> {
  const answer = await fetch(`${place.simulator}/sim/speech`, { method: 'POST', body: JSON.stringify({ text }) });
  if (!answer.ok) throw new Error(`nobody speaks: ${await answer.text()}`);
  const spoken = resampled(Buffer.from(await answer.arrayBuffer()));
  const all = new Int16Array(spoken.length + rate * pauseSeconds);
  all.set(spoken);
  write(file, all);
}

function write(file: string, all: Int16Array): void {
  mkdirSync(dirname(file), { recursive: true });
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + all.byteLength, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(all.byteLength, 40);
  writeFileSync(file, Buffer.concat([head, Buffer.from(all.buffer)]));
}
