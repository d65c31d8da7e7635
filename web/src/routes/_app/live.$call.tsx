import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/live/$call')({
  beforeLoad: needs('call.monitor'),
  component: lazyRouteComponent(() => import('@/features/console/pages/ConsolePage'), 'ConsolePage'),
});
