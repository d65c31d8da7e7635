import { Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { useCan } from '@/lib/hooks';
import { type KeyMap, useKeys } from '@/lib/keys';
import { menuFor } from '@/lib/permissions';
import { socket } from '@/live/live';
import { AccountStrip } from './AccountStrip';
import { LinkStrip } from './LinkStrip';
import { Rail } from './Rail';

const KeysHelp = lazy(() => import('./KeysHelp'));
const Palette = lazy(() => import('./Palette'));
const OnTheLine = lazy(() => import('@/supervision/OnTheLine'));

/** Rail, strip and page of somebody who is signed in; made anew for each company of theirs. */
export function Shell() {
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.id);
  return <Frame key={tenant} />;
}

function Frame() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [shown, setShown] = useState<'keys' | 'palette' | null>(null);
  const held = useStore(sessionStore, ({ session }) => session?.permissions ?? none);
  const monitors = useCan('call.monitor');

  useEffect(() => {
    if (monitors) socket.start();
    else socket.stop();
  }, [monitors]);

  const go: KeyMap = Object.fromEntries(
    menuFor(held).map((page) => [`g ${page.key}`, () => void navigate({ to: page.to })]),
  );
  useKeys({
    ...go,
    '?': () => setShown('keys'),
    'mod+k': () => setShown((now) => (now === 'palette' ? null : 'palette')),
    '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
  });

  return (
    <div className="grid h-full grid-rows-[1fr_auto] md:grid-cols-[64px_1fr] md:grid-rows-1">
      <a
        href="#content"
        className="sr-only z-50 rounded border border-line-strong bg-surface px-3 py-2 focus:not-sr-only focus:fixed focus:inset-s-2 focus:top-2"
      >
        {t('skip')}
      </a>
      <Rail onKeys={() => setShown('keys')} />
      <div className="flex min-h-0 min-w-0 flex-col max-md:order-first">
        {monitors && (
          <Suspense>
            <OnTheLine />
          </Suspense>
        )}
        <LinkStrip />
        <AccountStrip />
        <main
          id="content"
          tabIndex={-1}
          className="relative flex min-h-0 flex-1 flex-col overflow-y-auto outline-none"
        >
          <Outlet />
        </main>
      </div>
      <Suspense>
        {shown === 'keys' && <KeysHelp onClose={() => setShown(null)} />}
        {shown === 'palette' && <Palette onClose={() => setShown(null)} />}
      </Suspense>
    </div>
  );
}

const none: string[] = [];
