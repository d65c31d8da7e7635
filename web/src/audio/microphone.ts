// The person's microphone: asked for once, heard in frames of 20 ms, let go for good. What is done with the sound is
// not known here.
import captureUrl from './capture.worklet?worker&url';

/** Why there is no microphone: not allowed, not there, taken by another program, or a page that may have none. */
export type MicrophoneFault = 'denied' | 'missing' | 'busy' | 'unsupported';

export class NoMicrophone extends Error {
  constructor(readonly fault: MicrophoneFault) {
    super(fault);
  }
}

export interface MicrophoneReader {
  /** 20 ms of mu-law. */
  onSound: (sound: Uint8Array) => void;
  /** How loud it is, 0..1. */
  onLevel: (level: number) => void;
  /** It went away. */
  onLost: () => void;
}

export interface Microphone {
  mute: (on: boolean) => void;
  close: () => void;
}

export interface Device {
  id: string;
  /** Empty until a microphone was allowed once. */
  label: string;
}

function faultOf(thrown: unknown): MicrophoneFault {
  const name = thrown instanceof DOMException ? thrown.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'unsupported';
}

/** Asks the person for a microphone, any or this one. */
export async function askMicrophone(device?: string): Promise<MediaStream> {
  // Not there on pages that are neither encrypted nor local.
  if (!navigator.mediaDevices?.getUserMedia) throw new NoMicrophone('unsupported');
  const usual = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: device ? { ...usual, deviceId: { exact: device } } : usual,
    });
  } catch (thrown) {
    throw new NoMicrophone(faultOf(thrown));
  }
}

/** The microphones of this machine. */
export async function listMicrophones(): Promise<Device[]> {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Opens a microphone. Must follow a press of the person. */
export async function openMicrophone(reader: MicrophoneReader, device?: string): Promise<Microphone> {
  const stream = await askMicrophone(device);
  let context: AudioContext | undefined;
  try {
    context = new AudioContext({ latencyHint: 'interactive' });
    await context.audioWorklet.addModule(captureUrl);
    await context.resume();
    return hear(context, stream, reader);
  } catch (thrown) {
    for (const track of stream.getTracks()) track.stop();
    void context?.close();
    throw thrown;
  }
}

function hear(context: AudioContext, stream: MediaStream, reader: MicrophoneReader): Microphone {
  const capture = new AudioWorkletNode(context, 'phony-capture', { numberOfInputs: 1, numberOfOutputs: 1 });
  // Its output is silence; a node that leads nowhere would not run.
  context.createMediaStreamSource(stream).connect(capture).connect(context.destination);
  capture.port.onmessage = ({ data }: MessageEvent<{ sound?: Uint8Array; level?: number }>) => {
    if (data.sound) reader.onSound(data.sound);
    if (data.level !== undefined) reader.onLevel(data.level);
  };
  const track = stream.getAudioTracks()[0];
  if (track) track.onended = reader.onLost;
  return {
    mute: (muted) => capture.port.postMessage({ muted }),
    close: () => {
      if (track) track.onended = null;
      capture.port.postMessage({ over: true });
      for (const each of stream.getTracks()) each.stop();
      void context.close();
    },
  };
}
