// The tab's own socket, wall and acts, joined to the API.
import { api, body } from '@/api/client';
import { onSignedOut, refresh, sessionStore } from '@/api/session';
import { makeActs } from './actions';
import { browserDeps, LiveSocket } from './socket';
import { openCall, openWall } from './topics';

export const socket = new LiveSocket({
  ...browserDeps,
  ticket: async () => body(await api.POST('/v1/ws_tickets', { body: { purpose: 'live' } })).ticket,
  renew: async () => (await refresh(sessionStore.getState().session?.access_token ?? null)) !== null,
});

export const wall = openWall(socket, async (id) =>
  body(await api.GET('/v1/calls/{id}', { params: { path: { id } } })),
);

export const acts = makeActs({
  socket,
  rest: async (id, action_id, action) =>
    body(
      await api.POST('/v1/calls/{id}/actions', { params: { path: { id } }, body: { action_id, ...action } }),
    ),
  newId: () => crypto.randomUUID(),
  patienceMs: 4_000,
});

addEventListener('pagehide', () => acts.flush());

export function watchCall(id: string) {
  const { store, close } = openCall(socket, id);
  return {
    store,
    close: () => {
      close();
      acts.forget(id);
    },
  };
}

onSignedOut(() => {
  socket.stop();
  wall.store.setState({ ready: false, lines: {} });
  acts.store.setState({ acts: {} });
});
