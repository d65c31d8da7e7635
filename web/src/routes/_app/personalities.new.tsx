import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/personalities/new')({
  component: guarded(
    'personality.write',
    () => import('@/features/personalities/pages/NewPersonalityPage'),
    'NewPersonalityPage',
  ),
});
