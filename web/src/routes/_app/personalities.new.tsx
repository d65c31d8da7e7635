import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/personalities/new')({
  beforeLoad: needs('personality.write'),
  component: lazyRouteComponent(
    () => import('@/features/personalities/pages/NewPersonalityPage'),
    'NewPersonalityPage',
  ),
});
