import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/live/$call')({
  component: guarded('call.monitor', () => import('@/features/console/pages/ConsolePage'), 'ConsolePage'),
});
