import { redirect } from '@tanstack/react-router';
import { sessionStore } from '@/api/session';
import { onboarded } from '@/lib/onboarded';

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

/** The first page of a role: an admin without a number is led to one. */
export function home(): never {
  const { session } = sessionStore.getState();
  const held = session?.permissions ?? [];
  if (held.includes('number.buy') && !onboarded.has(session?.tenant.id ?? ''))
    throw redirect({ to: '/welcome' });
  throw redirect({ to: held.includes('call.monitor') ? '/live' : '/settings' });
}
