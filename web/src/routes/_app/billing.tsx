import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/billing')({
  beforeLoad: needs('usage.read'),
  component: lazyRouteComponent(() => import('@/features/billing/pages/BillingPage'), 'BillingPage'),
});
