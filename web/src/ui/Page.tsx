import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

/** Title of the tab and a heading that takes the focus after navigation. */
export function Heading({ title, quiet = false, tab }: { title: string; quiet?: boolean; tab?: string }) {
  const { t } = useTranslation();
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => ref.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.title = `${tab ?? title} · ${t('app')}`;
  }, [tab, title, t]);
  return (
    <h1
      ref={ref}
      tabIndex={-1}
      className={quiet ? 'sr-only' : 'truncate text-xl font-semibold tracking-tight'}
    >
      {title}
    </h1>
  );
}

/** A page: a heading with its acts on one line, then the content. */
export function Page({
  title,
  tab,
  aside,
  actions,
  children,
}: {
  title: string;
  tab?: string;
  aside?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <>
      <header className="flex min-h-14 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-canvas px-4 py-2 md:px-6">
        <Heading title={title} tab={tab} />
        {aside && <div className="text-sm text-ink-2">{aside}</div>}
        {actions && <div className="ms-auto flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** A ruled block of a page. */
export function Block({
  title,
  actions,
  children,
  pad = true,
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  pad?: boolean;
}) {
  return (
    <section className="border-y border-line bg-surface md:rounded md:border-x">
      {title && (
        <header className="flex min-h-11 flex-wrap items-center gap-3 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          {actions && <div className="ms-auto flex items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={pad ? 'p-4' : ''}>{children}</div>
    </section>
  );
}

export function Body({ children, narrow = false }: { children: ReactNode; narrow?: boolean }) {
  return (
    <div className={`grid gap-4 py-4 md:px-6 ${narrow ? 'max-w-[760px]' : 'max-w-[1600px]'}`}>{children}</div>
  );
}

/** Term and value pairs. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(96px,auto)_1fr] gap-x-4 gap-y-1.5">
      {rows.map(([term, value]) => (
        <div key={term} className="contents">
          <dt className="text-sm text-ink-3">{term}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
