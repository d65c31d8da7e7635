import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/numbers/')({
  validateSearch: (search): { buy?: boolean; import?: boolean } => ({
    ...(search.buy === true ? { buy: true } : {}),
    ...(search.import === true ? { import: true } : {}),
  }),
  component: guarded('number.read', () => import('@/features/numbers/pages/NumbersPage'), 'NumbersPage'),
});
