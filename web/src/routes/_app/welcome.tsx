import { createFileRoute } from '@tanstack/react-router';
import { guarded } from '@/shell/guarded';

export const Route = createFileRoute('/_app/welcome')({
  component: guarded(
    'number.configure',
    () => import('@/features/onboarding/pages/WelcomePage'),
    'WelcomePage',
  ),
});
