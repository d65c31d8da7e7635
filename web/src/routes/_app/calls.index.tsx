import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

const statuses = ['in_progress', 'ended'] as const;
const directions = ['inbound', 'outbound'] as const;

export const Route = createFileRoute('/_app/calls/')({
  validateSearch: (
    search,
  ): { status?: (typeof statuses)[number]; direction?: (typeof directions)[number] } => ({
    status: statuses.find((each) => each === search.status),
    direction: directions.find((each) => each === search.direction),
  }),
  component: guarded('call.read', () => import('@/features/calls/pages/CallsPage'), 'CallsPage'),
});
