import { createFileRoute } from '@tanstack/react-router';
import { readSearch } from '@/features/live/search';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/live/')({
  validateSearch: readSearch,
  component: guarded('call.monitor', () => import('@/features/live/pages/LivePage'), 'LivePage'),
});
