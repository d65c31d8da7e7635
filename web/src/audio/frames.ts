// Sound on the sockets of calls: one byte kind, four bytes of time in milliseconds, then mu-law at 8 kHz.

import { type Voice, voices } from './voices';

const agentSound = 2;
const microphone = 16;
const headBytes = 5;

/** A frame of the microphone. */
export function microphoneFrame(timeMs: number, sound: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headBytes + sound.length);
  frame[0] = microphone;
  new DataView(frame.buffer).setUint32(1, timeMs >>> 0);
  frame.set(sound, headBytes);
  return frame;
}

/** The agent's sound in a frame; none is a frame of another kind. */
export function agentSoundOf(frame: ArrayBuffer): Uint8Array | null {
  const bytes = new Uint8Array(frame);
  return bytes[0] === agentSound && bytes.length > headBytes ? bytes.subarray(headBytes) : null;
}

/** A piece of a live call's sound; none is a frame of another kind. */
export function voiceOf(frame: ArrayBuffer): { voice: Voice; timeMs: number; sound: Uint8Array } | null {
  if (frame.byteLength <= headBytes) return null;
  const view = new DataView(frame);
  const voice = voices[view.getUint8(0) - 1];
  return voice ? { voice, timeMs: view.getUint32(1), sound: new Uint8Array(frame, headBytes) } : null;
}
