import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';

export const Route = createFileRoute('/_app/settings/privacy')({
  component: lazyRouteComponent(() => import('@/features/settings/pages/PrivacyPage'), 'PrivacyPage'),
});
