// What a page shows when it has no data to show: the same everywhere.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '@/api/problem';
import { useDelayed } from '@/lib/hooks';
import { Button } from './Button';

/** A loose plug: the sign of nothing being connected. */
function Plug() {
  return (
    <svg viewBox="0 0 96 40" className="w-24 text-line-strong" aria-hidden="true">
      <circle cx="14" cy="14" r="9" fill="none" stroke="currentColor" strokeWidth="2" />
      <circle cx="14" cy="14" r="3" fill="none" stroke="currentColor" strokeWidth="2" />
      <path
        d="M84 6c-10 0-8 28-26 28S42 18 34 26"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeDasharray="3 4"
      />
      <path d="M84 2v8h8" fill="none" stroke="currentColor" strokeWidth="2" />
    </svg>
  );
}

function Middle({ title, children, alert }: { title: string; children?: ReactNode; alert?: boolean }) {
  return (
    <div
      role={alert ? 'alert' : undefined}
      className="grid justify-items-center gap-3 px-4 py-12 text-center"
    >
      <Plug />
      <h2 className="text-lg font-semibold">{title}</h2>
      <div className="grid max-w-[46ch] justify-items-center gap-3 text-ink-2">{children}</div>
    </div>
  );
}

export function Empty({ title, hint, action }: { title: string; hint?: ReactNode; action?: ReactNode }) {
  return (
    <Middle title={title}>
      {hint && <div>{hint}</div>}
      {action}
    </Middle>
  );
}

export function ProblemText({ problem }: { problem: ApiProblem }) {
  const { t } = useTranslation();
  return (
    <>
      <p>{wording(problem, t)}</p>
      {problem.requestId && <p className="fig text-ink-3">{t('requestId', { id: problem.requestId })}</p>}
    </>
  );
}

type T = ReturnType<typeof useTranslation<'common'>>['t'];

export function wording(problem: ApiProblem, t: T): string {
  if (problem.code === 'unreachable') return t('error.unreachable');
  if (problem.status === 429 && problem.retryAfterSeconds) {
    return t('error.throttled', { seconds: problem.retryAfterSeconds });
  }
  if (problem.status === 500 || !problem.detail) return t('error.unexpected');
  const text = problem.detail;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}

interface FailedProps {
  problem: ApiProblem;
  onRetry?: () => void;
  /** Within a block of a page, whose other blocks are to stay in sight. */
  small?: boolean;
}

export function Failed({ problem, onRetry, small = false }: FailedProps) {
  const { t } = useTranslation();
  if (problem.status === 404) {
    return (
      <Middle title={t('error.missing')}>
        <p>{t('error.missingHint')}</p>
      </Middle>
    );
  }
  const retry = onRetry && (
    <Button size={small ? 'small' : 'base'} onClick={onRetry}>
      {t('retry')}
    </Button>
  );
  if (small) {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-x-4 gap-y-2 p-4">
        <div className="grid gap-1 border-s-4 border-danger ps-3">
          <p className="font-medium">{t('error.title')}</p>
          <div className="grid gap-1 text-sm text-ink-2">
            <ProblemText problem={problem} />
          </div>
        </div>
        {retry && <div className="ms-auto">{retry}</div>}
      </div>
    );
  }
  return (
    <Middle title={t('error.title')} alert>
      <ProblemText problem={problem} />
      {retry}
    </Middle>
  );
}

/** A failure beside data that is still shown, or in a form. */
export function Notice({
  kind = 'danger',
  children,
}: {
  kind?: 'danger' | 'warn' | 'ok' | 'human';
  children: ReactNode;
}) {
  const edge = {
    danger: 'border-s-danger',
    warn: 'border-s-warn',
    ok: 'border-s-ok',
    human: 'border-s-human bg-human-tint',
  }[kind];
  return (
    <div
      role={kind === 'danger' ? 'alert' : 'status'}
      className={`grid gap-1 rounded border border-s-4 border-line bg-sunken px-3 py-2 text-sm ${edge}`}
    >
      {children}
    </div>
  );
}

export function NoPermission({ needs, tenant }: { needs: string; tenant: string }) {
  const { t } = useTranslation();
  return (
    <Middle title={t('forbidden.title')}>
      <p>{t('forbidden.hint', { tenant })}</p>
      <p className="fig text-ink-3">{t('forbidden.needs', { needs })}</p>
    </Middle>
  );
}

/** Rows in the shape of what is coming, after a moment. */
export function Loading({ rows = 5 }: { rows?: number }) {
  const { t } = useTranslation();
  const late = useDelayed(true);
  return (
    <div role="status" className="min-h-11">
      <span className="sr-only">{t('loading')}</span>
      {late &&
        Array.from({ length: rows }, (_, row) => `row ${row}`).map((row) => (
          <div
            key={row}
            className="flex h-11 items-center gap-4 border-b border-line px-4"
            aria-hidden="true"
          >
            <div className="size-3.5 rounded-full border-2 border-line" />
            <div className="h-3 w-1/5 rounded bg-line" />
            <div className="h-3 w-2/5 rounded bg-line" />
            <div className="ms-auto h-3 w-16 rounded bg-line" />
          </div>
        ))}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** Shows a query: skeleton, failure, or its data (old data stays, with a note that it could not be renewed). */
export function Answer<T>({
  of: query,
  problem,
  rows,
  small,
  children,
}: {
  of: Asked<T>;
  problem: (thrown: unknown) => ApiProblem;
  rows?: number;
  /** Within a block of a page. */
  small?: boolean;
  children: (data: T) => ReactNode;
}) {
  const { t } = useTranslation();
  if (query.data !== undefined) {
    return (
      <>
        {query.error ? (
          <div className="p-3">
            <Notice kind="warn">{t('error.stale')}</Notice>
          </div>
        ) : null}
        {children(query.data)}
      </>
    );
  }
  if (query.error) {
    return <Failed small={small} problem={problem(query.error)} onRetry={() => void query.refetch()} />;
  }
  return <Loading rows={rows} />;
}
