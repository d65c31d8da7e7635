import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/calls/')({
  beforeLoad: needs('call.read'),
  component: lazyRouteComponent(() => import('@/features/calls/pages/CallsPage'), 'CallsPage'),
});
