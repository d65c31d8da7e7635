import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedOut } from '@/shell/guard';

export const Route = createFileRoute('/forgot')({
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => import('@/features/auth/pages/ForgotPage'), 'ForgotPage'),
});
