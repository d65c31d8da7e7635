import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';

export const Route = createFileRoute('/_app/settings/providers')({
  component: lazyRouteComponent(() => import('@/features/settings/pages/ProvidersPage'), 'ProvidersPage'),
});
