import { Eye, Hand } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Actor } from '@/live/wire';
import './strings';

/** Who has claimed a call, and how many watch it. */
export function Holder({
  holder,
  self,
  watchers = 0,
  short = false,
}: {
  holder: Actor | null;
  self: string | undefined;
  watchers?: number;
  /** The first name alone, where there is little room; the whole of it is told to who asks for it. */
  short?: boolean;
}) {
  const { t } = useTranslation('supervision');
  const own = holder !== null && holder.id === self;
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-2 font-sans tracking-normal">
      {holder && (
        <span
          className={`inline-flex min-h-6 min-w-0 items-center gap-1.5 rounded border px-1.5 text-xs ${own ? 'border-brand bg-tint text-brand' : 'border-human text-human'}`}
          title={holder.name}
        >
          <Hand size={12} className="shrink-0" aria-hidden="true" />
          {own ? (
            <span className="truncate">{t('holder.you')}</span>
          ) : short ? (
            <>
              <span className="truncate" dir="auto" aria-hidden="true">
                {firstName(holder.name)}
              </span>
              <span className="sr-only">{holder.name}</span>
            </>
          ) : (
            <span className="wrap-anywhere">{t('holder.other', { name: holder.name })}</span>
          )}
        </span>
      )}
      {watchers > 0 && (
        <span
          className="fig inline-flex shrink-0 items-center gap-1 text-ink-3"
          title={t('watchers', { count: watchers })}
        >
          <Eye size={13} aria-hidden="true" />
          <span aria-hidden="true">{watchers}</span>
          <span className="sr-only">{t('watchers', { count: watchers })}</span>
        </span>
      )}
    </span>
  );
}

const firstName = (name: string) => name.trim().split(/\s+/)[0] ?? name;
