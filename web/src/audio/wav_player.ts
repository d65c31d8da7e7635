// Plays a WAV file that must be fetched with the token: some seconds at a time by range requests, so that a place in
// the middle of an hour is heard at once.
import { createStore } from 'zustand/vanilla';
import { decode, durationOf, frameBytes, peaks, readHead, type WavHead } from './wav';

/** Seconds that are fetched at one time, and how much must be left before more is. */
const PIECE_S = 8;
const AHEAD_S = 4;
/** Enough for every head that we write. */
const HEAD_BYTES = 4_096;
/** Parts of the picture. */
export const WAVE_PARTS = 160;

export interface PlayerState {
  status: 'idle' | 'loading' | 'playing' | 'paused' | 'ended' | 'failed';
  atS: number;
  lengthS: number;
  channels: number;
  /** Loudness of what was loaded, by channel; gaps are not loaded yet. */
  wave: readonly (readonly (number | undefined)[])[];
  problem: unknown;
}

export interface Piece {
  bytes: ArrayBuffer;
  /** Bytes of the whole file. */
  size: number;
}

/** Fetches bytes `from` up to before `to`. */
export type FetchPart = (from: number, to: number, signal: AbortSignal) => Promise<Piece>;

interface Planned {
  source: AudioBufferSourceNode;
  fromS: number;
  startsAt: number;
  endsAt: number;
}

/** A file that is no sound for this player. */
export class Unplayable extends Error {}

export function openPlayer(fetchPart: FetchPart, makeContext = () => new AudioContext()) {
  const store = createStore<PlayerState>(() => ({
    status: 'idle',
    atS: 0,
    lengthS: 0,
    channels: 0,
    wave: [],
    problem: null,
  }));
  let context: AudioContext | null = null;
  let head: WavHead | null = null;
  let size = 0;
  let planned: Planned[] = [];
  let nextS = 0;
  let fetching: AbortController | null = null;
  let ticking: ReturnType<typeof setInterval> | undefined;

  const fail = (problem: unknown) => {
    silence();
    store.setState({ status: 'failed', problem });
  };

  function silence() {
    fetching?.abort();
    fetching = null;
    clearInterval(ticking);
    ticking = undefined;
    for (const { source } of planned) {
      source.onended = null;
      source.stop();
    }
    planned = [];
  }

  async function openHead(signal: AbortSignal): Promise<WavHead> {
    if (head) return head;
    const piece = await fetchPart(0, HEAD_BYTES, signal);
    size = piece.size;
    head = readHead(piece.bytes, size);
    if (!head) throw new Unplayable();
    const wave = Array.from({ length: head.channels }, () => new Array<number | undefined>(WAVE_PARTS));
    store.setState({ lengthS: durationOf(head), channels: head.channels, wave });
    return head;
  }

  function draw(sound: WavHead, lists: Float32Array[], fromS: number) {
    const length = durationOf(sound);
    const first = Math.floor((fromS / length) * WAVE_PARTS);
    const parts = Math.max(1, Math.round(((lists[0]?.length ?? 0) / sound.rate / length) * WAVE_PARTS));
    const wave = store.getState().wave.map((lane, channel) => {
      const drawn = lane.slice();
      peaks(lists[channel] ?? new Float32Array(), parts).forEach((loud, at) => {
        if (first + at < WAVE_PARTS) drawn[first + at] = Math.max(drawn[first + at] ?? 0, loud);
      });
      return drawn;
    });
    store.setState({ wave });
  }

  /** Fetches the next seconds and plans them behind what is planned. */
  async function more() {
    if (fetching || !context) return;
    const now = new AbortController();
    fetching = now;
    try {
      const sound = await openHead(now.signal);
      const width = frameBytes(sound);
      const from = Math.floor(nextS * sound.rate) * width;
      const to = Math.min(sound.length, from + PIECE_S * sound.rate * width);
      if (from < to) {
        const piece = await fetchPart(sound.from + from, sound.from + to, now.signal);
        if (now.signal.aborted || !context) return;
        plan(sound, decode(sound, piece.bytes), from / width / sound.rate);
      }
    } catch (thrown) {
      if (!now.signal.aborted) fail(thrown);
    } finally {
      if (fetching === now) fetching = null;
    }
  }

  function plan(sound: WavHead, lists: Float32Array<ArrayBuffer>[], fromS: number) {
    const frames = lists[0]?.length ?? 0;
    if (!context || frames === 0) return;
    const buffer = context.createBuffer(sound.channels, frames, sound.rate);
    lists.forEach((list, channel) => {
      buffer.copyToChannel(list, channel);
    });
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    const startsAt = Math.max(context.currentTime + 0.05, planned.at(-1)?.endsAt ?? 0);
    source.start(startsAt);
    nextS = fromS + frames / sound.rate;
    planned.push({ source, fromS, startsAt, endsAt: startsAt + frames / sound.rate });
    draw(sound, lists, fromS);
    store.setState({ status: 'playing' });
  }

  function tick() {
    if (!context || store.getState().status !== 'playing') return;
    const now = context.currentTime;
    planned = planned.filter(({ endsAt }, at) => endsAt > now || at === planned.length - 1);
    const { lengthS } = store.getState();
    const current = planned.find(({ endsAt }) => endsAt > now);
    if (current) {
      store.setState({ atS: Math.min(lengthS, current.fromS + Math.max(0, now - current.startsAt)) });
    } else if (nextS >= lengthS - 0.01) {
      silence();
      nextS = 0;
      store.setState({ status: 'ended', atS: lengthS });
      return;
    } else {
      store.setState({ status: 'loading' });
    }
    if ((planned.at(-1)?.endsAt ?? 0) - now < AHEAD_S && nextS < lengthS - 0.01) void more();
  }

  async function playFrom(atS: number) {
    silence();
    nextS = atS;
    store.setState({ status: 'loading', atS, problem: null });
    context ??= makeContext();
    await context.resume();
    ticking = setInterval(tick, 100);
    await more();
  }

  return {
    store,
    /** Plays from where it stands; after the end from the beginning. */
    play(): Promise<void> {
      const { status, atS } = store.getState();
      return playFrom(status === 'ended' ? 0 : atS);
    },
    pause() {
      const { status } = store.getState();
      if (status !== 'playing' && status !== 'loading') return;
      tick();
      if (store.getState().status === 'ended') return;
      silence();
      store.setState({ status: 'paused' });
    },
    async seek(atS: number): Promise<void> {
      const { status, lengthS } = store.getState();
      const to = Math.min(Math.max(0, atS), lengthS);
      if (status === 'playing' || status === 'loading') return playFrom(to);
      store.setState({ atS: to, status: status === 'idle' || status === 'failed' ? status : 'paused' });
    },
    close() {
      silence();
      void context?.close();
      context = null;
    },
  };
}

export type Player = ReturnType<typeof openPlayer>;
