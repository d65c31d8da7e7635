import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/calls/$call')({
  beforeLoad: needs('call.read'),
  component: lazyRouteComponent(() => import('@/features/calls/pages/CallPage'), 'CallPage'),
});
