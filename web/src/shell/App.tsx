import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { queryClient } from '@/api/client';
import { onSignedOut, sessionStore, startSession } from '@/api/session';
import { stepUpStore } from '@/api/step_up';
import { Button } from '@/ui/Button';
import { Empty } from '@/ui/States';
import { router } from './router';

const StepUpDialog = lazy(() => import('@/features/auth/parts/StepUpDialog'));

/** Waits for the session, then shows the pages. */
export function App() {
  const status = useStore(sessionStore, (state) => state.status);
  const asking = useStore(stepUpStore, (state) => state.asking);
  useEffect(
    () =>
      onSignedOut(() => {
        queryClient.clear();
        void router.invalidate();
      }),
    [],
  );
  if (status === 'loading') return null;
  if (status === 'unreachable') return <Unreachable />;
  return (
    <>
      <RouterProvider router={router} />
      {asking && (
        <Suspense>
          <StepUpDialog />
        </Suspense>
      )}
    </>
  );
}

function Unreachable() {
  const { t } = useTranslation();
  return (
    <main className="pt-16">
      <Empty
        title={t('unreachable.title')}
        hint={t('unreachable.hint')}
        action={<Button onClick={() => void startSession()}>{t('retry')}</Button>}
      />
    </main>
  );
}
