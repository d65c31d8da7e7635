import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

const kinds = ['asks', 'slow', 'human'] as const;

export const Route = createFileRoute('/_app/live/')({
  validateSearch: (search): { q?: string; need?: (typeof kinds)[number] | 'all' } => ({
    q: typeof search.q === 'string' && search.q ? search.q : undefined,
    need: kinds.find((kind) => kind === search.need),
  }),
  beforeLoad: needs('call.monitor'),
  component: lazyRouteComponent(() => import('@/features/live/pages/LivePage'), 'LivePage'),
});
