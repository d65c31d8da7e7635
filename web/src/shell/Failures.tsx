import type { ErrorComponentProps } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { ButtonLink } from '@/ui/Button';
import { Heading } from '@/ui/Page';
import { Empty, Failed } from '@/ui/States';

/** What a page shows when its code throws. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
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
    <main>
      <Heading title={t('error.page')} quiet />
      <Empty
        title={t('error.page')}
        hint={t('error.pageHint')}
        action={<ButtonLink to="/">{t('error.goHome')}</ButtonLink>}
      />
    </main>
  );
}
