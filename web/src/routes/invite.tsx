import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';

/** Opened by a link of a mail, by whoever is or is not signed in; the token stands behind the #. */
export const Route = createFileRoute('/invite')({
  component: lazyRouteComponent(() => import('@/features/auth/pages/InvitePage'), 'InvitePage'),
});
