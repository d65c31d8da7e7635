import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

const ranges = ['last', 'week'] as const;

export const Route = createFileRoute('/_app/billing')({
  validateSearch: (search): { range?: (typeof ranges)[number] | 'month' } => {
    const range = ranges.find((each) => each === search.range);
    return range ? { range } : {};
  },
  component: guarded('usage.read', () => import('@/features/billing/pages/BillingPage'), 'BillingPage'),
});
