// Two soft notes that say that somebody is waited for.

const notes = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.14 },
];
const lengthSeconds = 0.5;

let context: AudioContext | undefined;

/** Plays the notes once; says nothing where the browser does not let it. */
export function chime(): void {
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume().catch(() => undefined);
  const begin = context.currentTime + 0.02;
  for (const { hertz, at } of notes) {
    const tone = new OscillatorNode(context, { frequency: hertz, type: 'sine' });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, begin + at);
    gain.gain.linearRampToValueAtTime(0.12, begin + at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, begin + at + lengthSeconds);
    tone.connect(gain).connect(context.destination);
    tone.start(begin + at);
    tone.stop(begin + at + lengthSeconds);
  }
}
