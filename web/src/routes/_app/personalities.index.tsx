import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/personalities/')({
  beforeLoad: needs('personality.read'),
  component: lazyRouteComponent(
    () => import('@/features/personalities/pages/PersonalitiesPage'),
    'PersonalitiesPage',
  ),
});
