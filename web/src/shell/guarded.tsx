import { lazyRouteComponent } from '@tanstack/react-router';
import { type ComponentType, createElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { useCan } from '@/lib/hooks';
import type { Permission } from '@/lib/permissions';
import { Heading } from '@/ui/Page';
import { NoPermission } from '@/ui/States';

/** A page that loads when somebody who may see it goes there; the others are told what it needs. */
export function guarded<Name extends string>(
  needs: Permission,
  load: () => Promise<Record<Name, ComponentType>>,
  name: Name,
) {
  const Page = lazyRouteComponent(load, name);
  function Guarded() {
    return useCan(needs) ? createElement(Page) : <Refused needs={needs} />;
  }
  return Object.assign(Guarded, { preload: Page.preload });
}

function Refused({ needs }: { needs: Permission }) {
  const { t } = useTranslation();
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.name ?? t('app'));
  return (
    <>
      <Heading title={t('forbidden.title')} quiet />
      <NoPermission needs={needs} tenant={tenant} />
    </>
  );
}
