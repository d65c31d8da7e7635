import type { ErrorComponentProps } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import { Forbidden } from '@/lib/permissions';
import { ButtonLink } from '@/ui/Button';
import { Heading } from '@/ui/Page';
import { Empty, Failed, NoPermission } from '@/ui/States';

/** What a page shows when its guard or its code throws. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.name ?? t('app'));
  if (error instanceof Forbidden) {
    return (
      <>
        <Heading title={t('forbidden.title')} quiet />
        <NoPermission needs={error.needs} tenant={tenant} />
      </>
    );
  }
  return (
    <>
      <Heading title={t('error.title')} quiet />
      <Failed problem={asProblem(error)} onRetry={reset} />
    </>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  return (
    <>
      <Heading title={t('error.page')} quiet />
      <Empty
        title={t('error.page')}
        hint={t('error.pageHint')}
        action={<ButtonLink to="/">{t('error.goHome')}</ButtonLink>}
      />
    </>
  );
}
