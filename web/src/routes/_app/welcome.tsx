import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/welcome')({
  beforeLoad: needs('number.configure'),
  component: lazyRouteComponent(() => import('@/features/onboarding/pages/WelcomePage'), 'WelcomePage'),
});
