import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedOut } from '@/shell/guard';

export const Route = createFileRoute('/login')({
  validateSearch: (search): { next?: string } =>
    typeof search.next === 'string' ? { next: search.next } : {},
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => import('@/features/auth/pages/LoginPage'), 'LoginPage'),
});
