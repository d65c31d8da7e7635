// Small hooks that several features share.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { sessionStore } from '@/api/session';
import type { Permission } from './permissions';

// One timer tells the present to everybody who shows it.
let ticking: ReturnType<typeof setInterval> | undefined;
let present = Date.now();
const watchers = new Set<() => void>();

function watch(tell: () => void): () => void {
  watchers.add(tell);
  if (!ticking) present = Date.now();
  ticking ??= setInterval(() => {
    present = Date.now();
    for (const each of watchers) each();
  }, 1_000);
  return () => {
    watchers.delete(tell);
    if (watchers.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

const still = () => () => undefined;

/** The present, once a second. */
export function useNow(runs = true): number {
  return useSyncExternalStore(runs ? watch : still, () => present);
}

export function useCan(permission: Permission): boolean {
  return useStore(sessionStore, ({ session }) => session?.permissions.includes(permission) ?? false);
}

/** Who is signed in, as the server knows them now; nothing is asked once they have left. */
export function useMe() {
  const signedIn = useStore(sessionStore, ({ status }) => status === 'signed_in');
  return $api.useQuery('get', '/v1/me', {}, { staleTime: 60_000, enabled: signedIn });
}

/** Whether the company asks for a second factor that one does not have yet: until then little else is open. */
export function useNeedsFactor(): boolean {
  const totp = useMe().data?.totp;
  return Boolean(totp?.required && !totp.enabled);
}

/** True once `ms` have passed with `on`; keeps quick loads from flashing. */
export function useDelayed(on: boolean, ms = 150): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!on) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [on, ms]);
  return on && late;
}

export function useOnline(): boolean {
  return useSyncExternalStore(
    (tell) => {
      addEventListener('online', tell);
      addEventListener('offline', tell);
      return () => {
        removeEventListener('online', tell);
        removeEventListener('offline', tell);
      };
    },
    () => navigator.onLine,
  );
}
