import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Switchboard } from './Switchboard';

/** The page around sign-in and sign-up: the board on one side, the form on the other. */
export function AuthFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation('auth');
  return (
    <div className="grid min-h-full max-lg:grid-rows-[auto_1fr] lg:grid-cols-[minmax(0,5fr)_minmax(0,4fr)]">
      <aside className="relative flex flex-col overflow-hidden bg-canvas text-ink [color-scheme:dark] max-lg:h-32">
        <div className="absolute inset-0">
          <Switchboard />
        </div>
        <div className="relative mt-auto w-fit border border-s-0 border-line bg-canvas px-4 py-3 max-lg:mb-3 lg:mb-10 lg:py-5 lg:ps-10 lg:pe-8">
          <p className="text-2xl font-semibold tracking-tight">Phony</p>
          <p className="text-ink-2">{t('tagline')}</p>
        </div>
      </aside>
      <main className="grid content-start justify-items-center bg-canvas px-4 py-8 lg:content-center lg:px-10">
        <div className="grid w-full max-w-[400px] gap-5">{children}</div>
      </main>
    </div>
  );
}
