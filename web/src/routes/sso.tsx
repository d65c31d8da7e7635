import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedOut } from '@/shell/guard';

/** Where a company's own sign-in comes back to. */
export const Route = createFileRoute('/sso')({
  validateSearch: (search): { error?: string } => ({
    error: typeof search.error === 'string' && search.error ? search.error : undefined,
  }),
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => import('@/features/auth/pages/SsoPage'), 'SsoPage'),
});
