import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

const ranges = ['last', 'week'] as const;

export const Route = createFileRoute('/_app/billing')({
  validateSearch: (search): { range?: (typeof ranges)[number] | 'month' } => {
    const range = ranges.find((each) => each === search.range);
    return range ? { range } : {};
  },
  beforeLoad: needs('usage.read'),
  component: lazyRouteComponent(() => import('@/features/billing/pages/BillingPage'), 'BillingPage'),
});
