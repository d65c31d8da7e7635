// The speaker of a live call's sound.
import listeningUrl from './listening.worklet?worker&url';
import type { Channel, Voice } from './voices';

export interface SpeakerLevels {
  caller: number;
  agent: number;
  supervisor: number;
  /** How much waits to be played. */
  waitingMs: number;
}

export interface Speaker {
  play: (voice: Voice, sound: Uint8Array) => void;
  clear: () => void;
  channel: (channel: Channel) => void;
  /** 0..1 */
  volume: (volume: number) => void;
  speaking: (on: boolean) => void;
  /** What the way through the machine's sound takes. */
  latencyMs: () => number;
  close: () => void;
}

/** Begins to play. Must follow a press of the person. Never asks for a microphone. */
export async function openSpeaker(onLevels: (levels: SpeakerLevels) => void): Promise<Speaker> {
  const context = new AudioContext({ latencyHint: 'interactive' });
  try {
    await context.audioWorklet.addModule(listeningUrl);
    await context.resume();
  } catch (thrown) {
    void context.close();
    throw thrown;
  }
  const node = new AudioWorkletNode(context, 'phony-listening', { numberOfInputs: 0, numberOfOutputs: 1 });
  const gain = context.createGain();
  node.connect(gain).connect(context.destination);
  node.port.onmessage = ({
    data,
  }: MessageEvent<{ levels?: Omit<SpeakerLevels, 'waitingMs'>; waitingMs?: number }>) => {
    if (data.levels) onLevels({ ...data.levels, waitingMs: data.waitingMs ?? 0 });
  };
  return {
    play: (voice, sound) => node.port.postMessage({ voice, sound }),
    clear: () => node.port.postMessage({ clear: true }),
    channel: (channel) => node.port.postMessage({ channel }),
    volume: (volume) => {
      // A jump would click.
      gain.gain.setTargetAtTime(Math.max(0, Math.min(1, volume)), context.currentTime, 0.02);
    },
    speaking: (speaking) => node.port.postMessage({ speaking }),
    // Not every browser knows the second part.
    latencyMs: () => (context.baseLatency + (context.outputLatency || 0)) * 1_000,
    close: () => {
      node.port.postMessage({ over: true });
      void context.close();
    },
  };
}
