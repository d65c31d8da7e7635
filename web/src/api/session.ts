// Who is signed in. The token lives in memory only; the refresh cookie is the browser's. One refresh runs at a
// time in this tab and across tabs.
import { createStore } from 'zustand/vanilla';
import { ApiProblem } from './problem';
import type { Session } from './types';

export type SessionState =
  | { status: 'loading' | 'signed_out'; session: null; expiresAt: 0 }
  | { status: 'unreachable'; session: null; expiresAt: 0; problem: ApiProblem }
  | { status: 'signed_in'; session: Session; expiresAt: number };

type Word = { type: 'session'; session: Session; expiresAt: number } | { type: 'signed_out' };

const signedOut = { status: 'signed_out', session: null, expiresAt: 0 } as const;

export const sessionStore = createStore<SessionState>(() => ({
  status: 'loading',
  session: null,
  expiresAt: 0,
}));

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('phony-session');
const leavers = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<Session | null> | null = null;

/**
 * Runs when the session ends in this tab or another, or goes on in another company: caches, stores and sockets are
 * emptied here.
 */
export function onSignedOut(leave: () => void): () => void {
  leavers.add(leave);
  return () => leavers.delete(leave);
}

export function accessToken(): string | null {
  return sessionStore.getState().session?.access_token ?? null;
}

// Whether this browser has had a session: without one there is no cookie worth a question to the server.
const trace = {
  place: 'phony.signed_in.v1',
  isMissing(): boolean {
    try {
      return localStorage.getItem(trace.place) === null;
    } catch {
      return false;
    }
  },
  set(is: boolean): void {
    try {
      if (is) localStorage.setItem(trace.place, '1');
      else localStorage.removeItem(trace.place);
    } catch {
      // Then the server is asked every time.
    }
  },
};

function take(session: Session, expiresAt: number) {
  const before = sessionStore.getState().session?.tenant.id;
  sessionStore.setState({ status: 'signed_in', session, expiresAt }, true);
  trace.set(true);
  clearTimeout(timer);
  const wait = Math.max(1_000, (expiresAt - Date.now()) * 0.8);
  timer = setTimeout(() => void refresh(session.access_token).catch(() => undefined), wait);
  // Another company of the same person: nothing that was read of the one before may be seen in it.
  if (before && before !== session.tenant.id) for (const each of leavers) each();
}

function leave() {
  clearTimeout(timer);
  const was = sessionStore.getState().status;
  sessionStore.setState(signedOut, true);
  trace.set(false);
  if (was === 'signed_in') for (const each of leavers) each();
}

/** Takes a session that the server just gave, and hands it to the other tabs. */
export function signIn(session: Session): void {
  const expiresAt = Date.now() + session.expires_in * 1_000;
  take(session, expiresAt);
  channel?.postMessage({ type: 'session', session, expiresAt } satisfies Word);
}

function endSession(): void {
  leave();
  channel?.postMessage({ type: 'signed_out' } satisfies Word);
}

/** Asked of the two operations that the cookie alone can call: no form of another site sends it. */
const json = { 'content-type': 'application/json' };

/** Ends the session here, in the other tabs and at the server. */
export async function signOut(): Promise<void> {
  const token = accessToken();
  endSession();
  const headers = { ...json, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  await fetch('/v1/auth/logout', { method: 'POST', headers }).catch(() => undefined);
}

async function alone<T>(work: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || !navigator.locks) return work();
  return navigator.locks.request('phony-refresh', work);
}

async function askServer(): Promise<Session | null> {
  let response: Response;
  try {
    response = await fetch(new URL('/v1/auth/refresh', location.origin), { method: 'POST', headers: json });
  } catch {
    throw ApiProblem.unreachable();
  }
  if (response.ok) return (await response.json()) as Session;
  if (response.status === 400 || response.status === 401 || response.status === 403) return null;
  throw await ApiProblem.from(response);
}

/**
 * A token newer than `stale`, from another tab or from the server; null when nobody is signed in any more.
 * Throws when the server cannot be reached, which is not a sign-out.
 */
export function refresh(stale: string | null): Promise<Session | null> {
  running ??= alone(async () => {
    const { session } = sessionStore.getState();
    if (session && session.access_token !== stale) return session;
    const fresh = await askServer();
    if (fresh) signIn(fresh);
    else endSession();
    return fresh;
  }).finally(() => {
    running = null;
  });
  return running;
}

/** First thing the app does. */
export async function startSession(): Promise<void> {
  // A company's own sign-in leaves its cookie before this browser has had a session.
  if (trace.isMissing() && !location.pathname.endsWith('/sso')) {
    leave();
    return;
  }
  try {
    await refresh(null);
  } catch (thrown) {
    if (thrown instanceof ApiProblem && sessionStore.getState().status !== 'signed_in') {
      sessionStore.setState({ status: 'unreachable', session: null, expiresAt: 0, problem: thrown }, true);
    }
  }
}

channel?.addEventListener('message', (message: MessageEvent<Word>) => {
  if (message.data.type === 'session') take(message.data.session, message.data.expiresAt);
  else leave();
});

if (typeof document !== 'undefined') {
  document.addEventListener('visibilitychange', () => {
    const { status, session, expiresAt } = sessionStore.getState();
    if (document.visibilityState !== 'visible' || status !== 'signed_in') return;
    if (expiresAt - Date.now() < session.expires_in * 200) {
      void refresh(session.access_token).catch(() => undefined);
    }
  });
}
