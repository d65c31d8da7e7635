import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/live/')({
  beforeLoad: needs('call.monitor'),
  component: lazyRouteComponent(() => import('@/features/live/pages/LivePage'), 'LivePage'),
});
