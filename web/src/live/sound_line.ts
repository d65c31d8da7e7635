// The socket of a live call's sound: pieces down, a microphone's frames up. Whether those are heard is decided by the
// server alone.
import { microphoneFrame, voiceOf } from '@/audio/frames';
import type { Voice } from '@/audio/voices';

export interface SoundReader {
  open: () => void;
  sound: (voice: Voice, sound: Uint8Array, timeMs: number) => void;
  closed: (code: number) => void;
}

export interface SoundLine {
  send: (timeMs: number, sound: Uint8Array) => void;
  /** Lets go of the socket without a word to anybody here. */
  drop: () => void;
}

export type OpenSound = (call: string, ticket: string, reader: SoundReader) => SoundLine;

/** A network that does not carry the voice any more is not fed; who speaks is heard again when it does. */
const mostWaiting = 4_000;

export const openSound: OpenSound = (call, ticket, reader) => {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/v1/calls/${call}/audio`, [
    'phony.v1',
    `ticket.${ticket}`,
  ]);
  socket.binaryType = 'arraybuffer';
  let wanted = true;
  socket.onopen = () => wanted && reader.open();
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (!wanted || typeof data === 'string') return;
    const piece = voiceOf(data);
    if (piece) reader.sound(piece.voice, piece.sound, piece.timeMs);
  };
  socket.onclose = ({ code }) => wanted && reader.closed(code);
  return {
    send: (timeMs, sound) => {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < mostWaiting) {
        socket.send(microphoneFrame(timeMs, sound));
      }
    },
    drop: () => {
      wanted = false;
      socket.close(1000);
    },
  };
};
