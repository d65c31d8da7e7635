import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/numbers')({
  validateSearch: (search): { buy?: boolean } => (search.buy === true ? { buy: true } : {}),
  beforeLoad: needs('number.read'),
  component: lazyRouteComponent(() => import('@/features/numbers/pages/NumbersPage'), 'NumbersPage'),
});
