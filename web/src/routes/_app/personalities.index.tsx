import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/personalities/')({
  component: guarded(
    'personality.read',
    () => import('@/features/personalities/pages/PersonalitiesPage'),
    'PersonalitiesPage',
  ),
});
