import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';

export const Route = createFileRoute('/_app/settings/plan')({
  component: lazyRouteComponent(() => import('@/features/settings/pages/PlanPage'), 'PlanPage'),
});
