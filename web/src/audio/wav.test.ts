import { describe, expect, it } from 'vitest';
import { decode, durationOf, peaks, readHead } from './wav';
import { openPlayer, Unplayable } from './wav_player';

/** A WAV file of sixteen bits whose samples count upwards, on so many channels. */
function wavFile(frames: number, channels = 2, rate = 8_000): ArrayBuffer {
  const size = frames * channels * 2;
  const file = new ArrayBuffer(44 + size);
  const view = new DataView(file);
  const text = (at: number, word: string) => {
    for (let letter = 0; letter < word.length; letter += 1)
      view.setUint8(at + letter, word.charCodeAt(letter));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + size, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, size, true);
  for (let at = 0; at < frames * channels; at += 1) view.setInt16(44 + at * 2, (at % 100) * 300, true);
  return file;
}

/** An audio context whose time the test sets. */
function fakeContext() {
  const started: { at: number; seconds: number }[] = [];
  const context = {
    currentTime: 0,
    destination: {},
    resume: async () => undefined,
    close: async () => undefined,
    createBuffer: (_channels: number, frames: number, rate: number) => ({
      duration: frames / rate,
      copyToChannel: () => undefined,
    }),
    createBufferSource: () => {
      const source = {
        buffer: null as { duration: number } | null,
        connect: () => undefined,
        start: (at: number) => started.push({ at, seconds: source.buffer?.duration ?? 0 }),
        stop: () => undefined,
        onended: null,
      };
      return source;
    },
  };
  return { context, started };
}

const flush = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe('a WAV file', () => {
  it('tells its channels, its rate and its length', () => {
    const file = wavFile(16_000);
    const head = readHead(file.slice(0, 4_096), file.byteLength);
    expect(head).toMatchObject({ format: 1, channels: 2, rate: 8_000, bits: 16, from: 44 });
    expect(head && durationOf(head)).toBe(2);
  });

  it('is not played when it is something else', () => {
    expect(readHead(new TextEncoder().encode('<html>not a sound</html>').buffer, 24)).toBeNull();
    expect(readHead(new ArrayBuffer(3), 3)).toBeNull();
    const odd = wavFile(10);
    new DataView(odd).setUint16(20, 85, true);
    expect(readHead(odd, odd.byteLength)).toBeNull();
  });

  it('gives the sound of each channel', () => {
    const file = wavFile(4);
    const head = readHead(file, file.byteLength);
    if (!head) throw new Error('no head');
    const [left, right] = decode(head, file.slice(head.from));
    expect(left?.[1]).toBeCloseTo((2 * 300) / 32_768);
    expect(right?.[1]).toBeCloseTo((3 * 300) / 32_768);
    expect(peaks(Float32Array.from([0.1, -0.9, 0.2, 0.3]), 2)).toEqual([
      expect.closeTo(0.9),
      expect.closeTo(0.3),
    ]);
  });
});

describe('the player', () => {
  const setUp = (seconds: number) => {
    const file = wavFile(seconds * 8_000);
    const asked: [number, number][] = [];
    const { context, started } = fakeContext();
    const player = openPlayer(
      async (from, to) => {
        asked.push([from, to]);
        return { bytes: file.slice(from, to), size: file.byteLength };
      },
      () => context as unknown as AudioContext,
    );
    return { player, asked, started, context };
  };

  it('fetches the head and some seconds, not the file', async () => {
    const { player, asked, started } = setUp(60);
    await player.play();
    expect(asked).toEqual([
      [0, 4_096],
      [44, 44 + 8 * 8_000 * 4],
    ]);
    expect(started).toEqual([{ at: 0.05, seconds: 8 }]);
    expect(player.store.getState()).toMatchObject({ status: 'playing', lengthS: 60, channels: 2 });
    player.close();
  });

  it('plays a place in the middle by a request for that place', async () => {
    const { player, asked } = setUp(60);
    await player.play();
    await player.seek(30);
    expect(asked.at(-1)).toEqual([44 + 30 * 8_000 * 4, 44 + 38 * 8_000 * 4]);
    expect(player.store.getState()).toMatchObject({ status: 'playing', atS: 30 });
    player.pause();
    await player.seek(500);
    expect(player.store.getState()).toMatchObject({ status: 'paused', atS: 60 });
    player.close();
  });

  it('says what is no sound', async () => {
    const { context } = fakeContext();
    const player = openPlayer(
      async () => ({ bytes: new ArrayBuffer(8), size: 8 }),
      () => context as unknown as AudioContext,
    );
    await player.play();
    await flush();
    expect(player.store.getState().status).toBe('failed');
    expect(player.store.getState().problem).toBeInstanceOf(Unplayable);
    player.close();
  });
});
