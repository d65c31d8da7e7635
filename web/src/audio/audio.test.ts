// The sound of a web call: what goes in comes out, at the right pitch, in time, and not what was cleared.
import { describe, expect, it } from 'vitest';
import { agentSoundOf, microphoneFrame } from './frames';
import { levelOf } from './meter';
import { decodeSample, encodeSample, silence } from './mulaw';
import { gatherMs, mostMs, PlayQueue } from './queue';
import { Resampler } from './resample';

function tone(hertz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: rate * seconds },
    (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate),
  );
}

function inPieces(resampler: Resampler, samples: Float32Array, size: number): number[] {
  const out: number[] = [];
  for (let at = 0; at < samples.length; at += size) out.push(...resampler.push(samples.slice(at, at + size)));
  return out;
}

/** Mean square after the filter has settled. */
function power(samples: ArrayLike<number>): number {
  const all = Array.from(samples).slice(400, -400);
  return all.reduce((sum, each) => sum + each * each, 0) / all.length;
}

/** Part of a tone in a sound, 0..1 of its own power. */
function share(samples: number[], hertz: number, rate: number): number {
  const all = samples.slice(400, -400);
  let [re, im] = [0, 0];
  all.forEach((sample, at) => {
    re += sample * Math.cos((2 * Math.PI * hertz * at) / rate);
    im += sample * Math.sin((2 * Math.PI * hertz * at) / rate);
  });
  return (2 * (re * re + im * im)) / (all.length * all.length) / power(samples);
}

describe('mu-law', () => {
  it('has the published values', () => {
    expect(encodeSample(0)).toBe(silence);
    expect(encodeSample(1)).toBe(0x80);
    expect(encodeSample(-1)).toBe(0x00);
    expect(decodeSample(silence)).toBe(0);
    expect(decodeSample(0x80) * 32_768).toBe(32_124);
    expect(decodeSample(0x00) * 32_768).toBe(-32_124);
  });

  it('gives every byte back', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      // There are two zeros.
      const wanted = byte === 0x7f ? 0xff : byte;
      expect(encodeSample((decodeSample(byte) * 32_768) / 32_767)).toBe(wanted);
    }
  });

  it('keeps a voice within its steps', () => {
    for (let sample = -1; sample <= 1; sample += 0.01) {
      const back = decodeSample(encodeSample(sample));
      expect(Math.abs(back - sample)).toBeLessThan(Math.max(0.02, Math.abs(sample) * 0.04));
    }
  });
});

describe('the change of rate', () => {
  const rates = [16_000, 44_100, 48_000, 96_000];

  it.each(rates)('keeps a voice of 1 kHz from %i Hz', (rate) => {
    const out = inPieces(new Resampler(rate, 8_000), tone(1_000, rate, 1), 128);
    expect(Math.abs(out.length - 8_000)).toBeLessThan(40);
    expect(power(out)).toBeCloseTo(0.125, 2);
    expect(share(out, 1_000, 8_000)).toBeGreaterThan(0.999);
  });

  it.each(rates)('keeps one of 3.2 kHz, and takes out what would be mirrored, from %i Hz', (rate) => {
    const voice = inPieces(new Resampler(rate, 8_000), tone(3_200, rate, 1), 128);
    expect(power(voice)).toBeGreaterThan(0.11);
    for (const hertz of [4_900, 6_000, 7_000].filter((each) => each < rate / 2)) {
      const mirrored = inPieces(new Resampler(rate, 8_000), tone(hertz, rate, 1), 128);
      expect(10 * Math.log10(power(mirrored) / 0.125)).toBeLessThan(-60);
    }
  });

  it.each(rates)('plays 1 kHz at %i Hz without a second tone', (rate) => {
    const out = inPieces(new Resampler(8_000, rate), tone(1_000, 8_000, 1), 32);
    expect(Math.abs(out.length - rate)).toBeLessThan(rate / 200);
    expect(power(out)).toBeCloseTo(0.125, 2);
    expect(share(out, 1_000, rate)).toBeGreaterThan(0.999);
  });

  it('does not care how the sound is cut', () => {
    const sound = tone(700, 44_100, 0.2);
    const whole = inPieces(new Resampler(44_100, 8_000), sound, sound.length);
    for (const size of [1, 7, 128, 1_000]) {
      expect(inPieces(new Resampler(44_100, 8_000), sound, size)).toEqual(whole);
    }
  });
});

describe('the queue', () => {
  const out = new Uint8Array(160);
  const ms = (count: number, value = 1) => new Uint8Array(count * 8).fill(value);

  it('gathers a little before it begins, and then plays without a gap', () => {
    const queue = new PlayQueue();
    queue.push(ms(40));
    expect(queue.take(out).bytes).toBe(0);
    queue.push(ms(gatherMs - 40));
    let bytes = 0;
    for (let at = 0; at < 4; at += 1) bytes += queue.take(out).bytes;
    expect(bytes).toBe(gatherMs * 8);
    expect(queue.take(out).bytes).toBe(0);
    expect(queue.isPlaying).toBe(false);
  });

  it('does not keep a short word waiting', () => {
    const queue = new PlayQueue();
    queue.push(ms(20));
    const taken = [1, 2, 3, 4].map(() => queue.take(out).bytes);
    expect(taken).toEqual([0, 0, 0, 160]);
  });

  it('tells a mark exactly when what is before it was played', () => {
    const queue = new PlayQueue();
    queue.push(ms(100));
    queue.mark('a');
    queue.push(ms(30));
    queue.mark('b');
    const told = Array.from({ length: 7 }, () => queue.take(out).marks.join());
    expect(told).toEqual(['', '', '', '', 'a', '', 'b']);
    expect(queue.played).toBe(130 * 8);
  });

  it('tells a mark behind nothing at once', () => {
    const queue = new PlayQueue();
    queue.mark('a');
    expect(queue.take(out)).toEqual({ bytes: 0, marks: ['a'] });
  });

  it('never plays what was cleared, nor tells its marks', () => {
    const queue = new PlayQueue();
    queue.push(ms(200, 1));
    queue.mark('old');
    queue.take(out);
    queue.clear();
    expect(queue.take(out)).toEqual({ bytes: 0, marks: [] });
    queue.push(ms(100, 2));
    queue.mark('new');
    const all: number[] = [];
    const marks: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      const taken = queue.take(out);
      all.push(...out.subarray(0, taken.bytes));
      marks.push(...taken.marks);
    }
    expect(all).toEqual(Array(800).fill(2));
    expect(marks).toEqual(['new']);
  });

  it('holds no more than it may', () => {
    const queue = new PlayQueue();
    for (let at = 0; at < 2 * mostMs; at += 100) queue.push(ms(100));
    expect(queue.waiting).toBeLessThanOrEqual(mostMs * 8);
    queue.mark('end');
    let marks: string[] = [];
    const all = new Uint8Array(mostMs * 8 + 8);
    for (let at = 0; at < 3; at += 1) marks = marks.concat(queue.take(all).marks);
    expect(marks).toEqual(['end']);
  });
});

describe('frames and levels', () => {
  it('have the documented form', () => {
    expect([...microphoneFrame(258, new Uint8Array([7, 8]))]).toEqual([16, 0, 0, 1, 2, 7, 8]);
    expect([...(agentSoundOf(new Uint8Array([2, 0, 0, 1, 2, 9]).buffer) ?? [])]).toEqual([9]);
    expect(agentSoundOf(new Uint8Array([3, 0, 0, 1, 2, 9]).buffer)).toBeNull();
    expect(agentSoundOf(new ArrayBuffer(0))).toBeNull();
  });

  it('go from nothing to all', () => {
    expect(levelOf(0)).toBe(0);
    expect(levelOf(1e-6)).toBe(0);
    expect(levelOf(0.125)).toBeGreaterThan(0.9);
    expect(levelOf(0.001)).toBeGreaterThan(0.3);
  });
});
