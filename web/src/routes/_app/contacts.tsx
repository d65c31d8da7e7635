import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

const plans = ['standard', 'premium'] as const;

export const Route = createFileRoute('/_app/contacts')({
  validateSearch: (
    search,
  ): { q?: string; plan?: (typeof plans)[number]; add?: boolean; import?: boolean } => ({
    q:
      typeof search.q === 'number'
        ? String(search.q)
        : typeof search.q === 'string' && search.q
          ? search.q
          : undefined,
    plan: plans.find((each) => each === search.plan),
    add: search.add === true || undefined,
    import: search.import === true || undefined,
  }),
  component: guarded('contact.read', () => import('@/features/contacts/pages/ContactsPage'), 'ContactsPage'),
});
