import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/api/types';
import { Chip } from '@/ui/Bits';

/** More than these would push the rest of the row aside. */
const shown = 4;

/** What a key may do; of many, the first ones and a button for the others. */
export function Scopes({ of, scopes }: { of: string; scopes: ApiKey['scopes'] }) {
  const { t } = useTranslation('keys');
  const [open, setOpen] = useState(false);
  const left = scopes.length - shown;
  // One more takes no more room than the button.
  const isLong = left > 1;
  const few = isLong && !open ? scopes.slice(0, shown) : scopes;
  return (
    <span className="flex flex-wrap gap-1">
      {few.map((scope) => (
        <Chip key={scope}>{scope}</Chip>
      ))}
      {isLong && (
        <button
          type="button"
          aria-expanded={open}
          aria-label={open ? t('fewerScopesOf', { name: of }) : t('moreScopesOf', { name: of, count: left })}
          className="relative inline-flex h-5 items-center rounded px-1 text-xs text-brand underline decoration-line-strong underline-offset-3 before:absolute before:-inset-1"
          onClick={() => setOpen(!open)}
        >
          {open ? t('fewerScopes') : t('moreScopes', { count: left })}
        </button>
      )}
    </span>
  );
}
