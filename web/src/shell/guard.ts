import { redirect } from '@tanstack/react-router';
import { sessionStore } from '@/api/session';
import { Forbidden, type Permission } from '@/lib/permissions';

/** Sends strangers to the sign-in page, which brings them back. */
export function signedIn({ location }: { location: { href: string } }): void {
  if (sessionStore.getState().status === 'signed_in') return;
  const next = location.href.replace(/^\/dashboard/, '');
  throw redirect({ to: '/login', search: next === '/' || next === '' ? {} : { next } });
}

/** Sends somebody who is signed in away from the sign-in page. */
export function signedOut(): void {
  if (sessionStore.getState().status === 'signed_in') throw redirect({ to: '/' });
}

export function needs(permission: Permission) {
  return () => {
    const { session } = sessionStore.getState();
    if (session && !session.permissions.includes(permission)) throw new Forbidden(permission);
  };
}

/** The first page of a role: an admin without a number is led to one. */
export function home(): never {
  const { session } = sessionStore.getState();
  const held = session?.permissions ?? [];
  if (held.includes('number.buy') && !onboarded.has(session?.tenant.id ?? ''))
    throw redirect({ to: '/welcome' });
  throw redirect({ to: held.includes('call.monitor') ? '/live' : '/settings' });
}

const place = 'phony.onboarded.v1';

/** Companies whose onboarding is done or was skipped in this browser. */
export const onboarded = {
  has: (tenant: string) => read().includes(tenant),
  add: (tenant: string) => {
    const all = read();
    if (all.includes(tenant)) return;
    try {
      localStorage.setItem(place, JSON.stringify([...all, tenant]));
    } catch {
      // Without a store the welcome page comes again; it can be skipped again.
    }
  },
};

function read(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
