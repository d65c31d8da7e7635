import type { ReactNode } from 'react';

/** A ruled part of the column beside the talk. */
export function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-b border-line px-4 py-3">
      <h2 className="mb-2 flex items-baseline justify-between gap-2 text-sm font-semibold text-ink-2">
        {title} {aside && <span className="fig font-normal">{aside}</span>}
      </h2>
      {children}
    </section>
  );
}
