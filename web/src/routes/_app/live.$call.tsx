import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/live/$call')({
  // `take`: the sheet for taking the call over is open.
  validateSearch: (search): { take?: true } => ({ take: search.take === true ? true : undefined }),
  component: guarded('call.monitor', () => import('@/features/console/pages/ConsolePage'), 'ConsolePage'),
});
