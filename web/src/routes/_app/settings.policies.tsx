import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';

export const Route = createFileRoute('/_app/settings/policies')({
  component: lazyRouteComponent(() => import('@/features/settings/pages/PoliciesPage'), 'PoliciesPage'),
});
