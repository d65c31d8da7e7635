import { createFileRoute } from '@tanstack/react-router';
import { readSearch } from '@/features/audit/search';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/audit')({
  validateSearch: readSearch,
  component: guarded('audit.read', () => import('@/features/audit/pages/AuditPage'), 'AuditPage'),
});
