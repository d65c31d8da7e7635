import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/personalities/$id')({
  component: guarded(
    'personality.read',
    () => import('@/features/personalities/pages/PersonalityPage'),
    'PersonalityPage',
  ),
});
