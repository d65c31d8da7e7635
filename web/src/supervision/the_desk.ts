// This window's own desk, joined to the socket, the acts and the sound.
import { onSignedOut, sessionStore } from '@/api/session';
import { acts, socket, wall } from '@/live/live';
import { Desk } from './desk';

export const desk = new Desk({
  act: (call, action) => acts.act(call, action),
  acts: acts.store,
  wall: wall.store,
  self: () => sessionStore.getState().session?.user.id,
  onOpen: (reader) => socket.onOpen(reader),
  // Sound is for those who want to hear: it comes when it is asked for.
  sound: async (call) => (await import('@/audio/call_sound')).listen(call),
  now: Date.now,
});

onSignedOut(() => desk.close());
