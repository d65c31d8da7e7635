import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';

/** Opened by a link of a mail, by whoever is or is not signed in; the token stands behind the #. */
export const Route = createFileRoute('/reset')({
  component: lazyRouteComponent(() => import('@/features/auth/pages/ResetPage'), 'ResetPage'),
});
