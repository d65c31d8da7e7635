import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/numbers/$id')({
  component: guarded('number.read', () => import('@/features/numbers/pages/NumberPage'), 'NumberPage'),
});
