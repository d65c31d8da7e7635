// When sound of a live call comes to a page and how much of it waits there, seen from beside: nothing of it is changed.
import type { Page } from '@playwright/test';

interface Piece {
  /** When it came and when it began, by the clocks of this machine and of the call. */
  atMs: number;
  beganMs: number;
}

interface Ear {
  pieces: Piece[];
  /** What waits to be played, and what the machine's sound needs. */
  waits: { waitingMs: number; speakerMs: number }[];
}

declare global {
  interface Window {
    phonyEar?: Ear;
  }
}

/** Before the page is opened. */
export async function watchEar(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const ear: Ear = { pieces: [], waits: [] };
    window.phonyEar = ear;
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols);
        if (!String(address).endsWith('/audio')) return;
        this.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
          if (!(data instanceof ArrayBuffer)) return;
          ear.pieces.push({ atMs: Date.now(), beganMs: new DataView(data).getUint32(1) });
        });
      }
    };
    const Node = window.AudioWorkletNode;
    window.AudioWorkletNode = class extends Node {
      constructor(context: BaseAudioContext, name: string, options?: AudioWorkletNodeOptions) {
        super(context, name, options);
        this.port.addEventListener('message', ({ data }: MessageEvent<{ waitingMs?: number }>) => {
          if (data.waitingMs === undefined || !(context instanceof AudioContext)) return;
          const speakerMs = (context.baseLatency + context.outputLatency) * 1_000;
          ear.waits.push({ waitingMs: data.waitingMs, speakerMs });
        });
      }
    };
  });
}

const median = (all: number[]) => all.sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

/** From the begin of a piece in the call until it is heard, in the middle of all that came; `answeredAt` is the call's. */
export async function toTheEar(page: Page, answeredAt: string): Promise<{
  pieces: number;
  cameMs: number;
  waitingMs: number;
  speakerMs: number;
  toTheEarMs: number;
}> {
  const { pieces, waits } = await page.evaluate(() => window.phonyEar ?? { pieces: [], waits: [] });
  const began = Date.parse(answeredAt);
  const cameMs = median(pieces.map(({ atMs, beganMs }) => atMs - began - beganMs));
  const playing = waits.filter(({ waitingMs }) => waitingMs > 0);
  const waitingMs = median(playing.map((each) => each.waitingMs));
  const speakerMs = median(playing.map((each) => each.speakerMs));
  return { pieces: pieces.length, cameMs, waitingMs, speakerMs, toTheEarMs: Math.round(cameMs + waitingMs + speakerMs) };
}
