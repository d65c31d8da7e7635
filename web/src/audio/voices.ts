// Who is heard in a live call, and by whom.

/** The voices of a call, in the order of the kinds of their frames, from 1 on. */
export const voices = ['caller', 'agent', 'supervisor'] as const;
export type Voice = (typeof voices)[number];

/** Which side is listened to. */
export type Channel = 'both' | 'caller' | 'agent';

/** Whether a voice comes out of the speaker; who speaks does not hear themselves a moment later. */
export function hears(channel: Channel, speaking: boolean, voice: Voice): boolean {
  if (voice === 'supervisor') return !speaking && channel !== 'caller';
  return channel === 'both' || channel === voice;
}
