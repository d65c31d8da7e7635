import { createFileRoute } from '@tanstack/react-router';
import { readSearch } from '@/features/calls/filters';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/calls/')({
  validateSearch: readSearch,
  component: guarded('call.read', () => import('@/features/calls/pages/CallsPage'), 'CallsPage'),
});
