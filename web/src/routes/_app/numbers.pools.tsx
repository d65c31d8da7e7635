import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/numbers/pools')({
  component: guarded('number.read', () => import('@/features/pools/pages/PoolsPage'), 'PoolsPage'),
});
