import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/phone')({
  validateSearch: (search): { personality?: string } => ({
    personality:
      typeof search.personality === 'string' && search.personality ? search.personality : undefined,
  }),
  component: guarded('web_call.create', () => import('@/features/phone/pages/PhonePage'), 'PhonePage'),
});
