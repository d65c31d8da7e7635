import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/calls/$call')({
  component: guarded('call.read', () => import('@/features/calls/pages/CallPage'), 'CallPage'),
});
