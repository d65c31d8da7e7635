// The ears and the mouth of a web call: the only place that touches Web Audio.
import captureUrl from './capture.worklet?worker&url';
import { askMicrophone } from './microphone';
import playbackUrl from './playback.worklet?worker&url';

export { type MicrophoneFault, NoMicrophone } from './microphone';

export interface Ears {
  /** 20 ms of mu-law. */
  onSound: (sound: Uint8Array) => void;
  /** Everything before this mark was played. */
  onMark: (name: string) => void;
  onLevels: (levels: { you?: number; agent?: number; playedMs?: number }) => void;
  /** The microphone went away in the middle of a call. */
  onLost: () => void;
}

export interface PhoneAudio {
  play: (sound: Uint8Array) => void;
  mark: (name: string) => void;
  clear: () => void;
  mute: (on: boolean) => void;
  close: () => void;
}

/** Asks for the microphone and begins to listen. Must follow a press of the person, or nothing is played. */
export async function openPhoneAudio(ears: Ears): Promise<PhoneAudio> {
  const stream = await askMicrophone();
  let context: AudioContext | undefined;
  try {
    context = new AudioContext({ latencyHint: 'interactive' });
    await Promise.all([
      context.audioWorklet.addModule(captureUrl),
      context.audioWorklet.addModule(playbackUrl),
    ]);
    await context.resume();
    return join(context, stream, ears);
  } catch (thrown) {
    for (const track of stream.getTracks()) track.stop();
    void context?.close();
    throw thrown;
  }
}

function join(context: AudioContext, stream: MediaStream, ears: Ears): PhoneAudio {
  const source = context.createMediaStreamSource(stream);
  const capture = new AudioWorkletNode(context, 'phony-capture', { numberOfInputs: 1, numberOfOutputs: 1 });
  const playback = new AudioWorkletNode(context, 'phony-playback', { numberOfInputs: 0, numberOfOutputs: 1 });
  // Its output is silence; a node that leads nowhere would not run.
  source.connect(capture).connect(context.destination);
  playback.connect(context.destination);
  capture.port.onmessage = ({ data }: MessageEvent<{ sound?: Uint8Array; level?: number }>) => {
    if (data.sound) ears.onSound(data.sound);
    if (data.level !== undefined) ears.onLevels({ you: data.level });
  };
  playback.port.onmessage = ({
    data,
  }: MessageEvent<{ marks?: string[]; level?: number; playedMs?: number }>) => {
    for (const name of data.marks ?? []) ears.onMark(name);
    if (data.level !== undefined) ears.onLevels({ agent: data.level, playedMs: data.playedMs });
  };
  const track = stream.getAudioTracks()[0];
  if (track) track.onended = ears.onLost;
  return {
    play: (sound) => playback.port.postMessage({ sound }),
    mark: (mark) => playback.port.postMessage({ mark }),
    clear: () => playback.port.postMessage({ clear: true }),
    mute: (muted) => capture.port.postMessage({ muted }),
    close: () => {
      if (track) track.onended = null;
      capture.port.postMessage({ over: true });
      playback.port.postMessage({ over: true });
      for (const each of stream.getTracks()) each.stop();
      void context.close();
    },
  };
}
