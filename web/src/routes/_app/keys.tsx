import { createFileRoute, lazyRouteComponent } from '@tanstack/react-router';
import { needs } from '@/shell/guard';

export const Route = createFileRoute('/_app/keys')({
  beforeLoad: needs('key.read'),
  component: lazyRouteComponent(() => import('@/features/keys/pages/KeysPage'), 'KeysPage'),
});
