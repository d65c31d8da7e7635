import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/members')({
  component: guarded('member.read', () => import('@/features/members/pages/MembersPage'), 'MembersPage'),
});
