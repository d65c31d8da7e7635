// The socket of a web call: frames of sound and a few words, both ways. What is done with them is the phone's.

import type { EndedBy, EndedReason } from '@/api/types';
import { agentSoundOf, microphoneFrame } from '@/audio/frames';

export interface LineReader {
  ready: (frame: { call_id: string; resumed: boolean }) => void;
  sound: (sound: Uint8Array) => void;
  mark: (name: string) => void;
  clear: () => void;
  ended: (frame: { reason: EndedReason; ended_by: EndedBy; say?: string }) => void;
  closed: (code: number) => void;
}

export interface Line {
  sound: (timeMs: number, sound: Uint8Array) => void;
  mark: (name: string) => void;
  keys: (digits: string) => void;
  say: (text: string) => void;
  /** Hangs up: the call is over for the caller. */
  bye: () => void;
  /** Lets go of the socket without a word to anybody here. */
  drop: () => void;
}

export type OpenLine = (call: string, ticket: string, reader: LineReader) => Line;

/** A network that does not carry the voice any more is not fed; the caller is heard again when it does. */
const mostWaiting = 32_000;

type Frame =
  | { op: 'ready'; call_id: string; resumed: boolean }
  | { op: 'mark'; name: string }
  | { op: 'clear' }
  | { op: 'ended'; reason: EndedReason; ended_by: EndedBy; say?: string }
  | { op: 'text' | 'dtmf' };

export const openLine: OpenLine = (call, ticket, reader) => {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/v1/web_calls/${call}`, [
    'phony.v1',
    `ticket.${ticket}`,
  ]);
  socket.binaryType = 'arraybuffer';
  let wanted = true;
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (!wanted) return;
    if (typeof data !== 'string') {
      const sound = agentSoundOf(data);
      if (sound) reader.sound(sound);
      return;
    }
    const frame = parse(data);
    if (frame?.op === 'ready') reader.ready(frame);
    else if (frame?.op === 'mark') reader.mark(frame.name);
    else if (frame?.op === 'clear') reader.clear();
    else if (frame?.op === 'ended') reader.ended(frame);
  };
  socket.onclose = ({ code }) => wanted && reader.closed(code);
  const tell = (frame: object) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  return {
    sound: (timeMs, sound) => {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < mostWaiting) {
        socket.send(microphoneFrame(timeMs, sound));
      }
    },
    mark: (name) => tell({ op: 'mark', name }),
    keys: (digits) => tell({ op: 'dtmf', digits }),
    say: (text) => tell({ op: 'say', text }),
    bye: () => tell({ op: 'bye' }),
    drop: () => {
      wanted = false;
      socket.close(1000);
    },
  };
};

function parse(text: string): Frame | null {
  try {
    const frame: unknown = JSON.parse(text);
    return frame && typeof frame === 'object' && 'op' in frame ? (frame as Frame) : null;
  } catch {
    return null;
  }
}
