import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

const kinds = ['asks', 'slow', 'human'] as const;

export const Route = createFileRoute('/_app/live/')({
  validateSearch: (search): { q?: string; need?: (typeof kinds)[number] | 'all' } => ({
    q: typeof search.q === 'string' && search.q ? search.q : undefined,
    need: kinds.find((kind) => kind === search.need),
  }),
  component: guarded('call.monitor', () => import('@/features/live/pages/LivePage'), 'LivePage'),
});
