import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/keys')({
  component: guarded('key.read', () => import('@/features/keys/pages/KeysPage'), 'KeysPage'),
});
