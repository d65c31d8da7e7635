// Who did something and what it was done to, by name where there is one, else by what it is and the end of its id.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/types';
import { useNames } from '../model';
import type { AuditSearch } from '../search';
import { actWord, tailOf, thingOf } from '../words';

/** What an id is called: a name, or what it is of. */
export type NameOf = (id: string) => string;

export function useNameOf(): NameOf {
  const { t } = useTranslation('audit');
  const names = useNames();
  return (id) => {
    const thing = thingOf(id);
    const own = names.get(id);
    if (own) return own;
    return thing ? [t(`thing.${thing}`), tailOf(id)].filter(Boolean).join(' ') : id;
  };
}

function Only({
  search,
  label,
  id,
  children,
}: {
  search: AuditSearch;
  label: string;
  id: string;
  children: ReactNode;
}) {
  return (
    <Link
      to="/audit"
      search={search}
      title={id}
      aria-label={label}
      className="break-words underline decoration-line-strong underline-offset-3 hover:text-brand"
    >
      {children}
    </Link>
  );
}

export function Who({ entry: { actor, actor_name }, nameOf }: { entry: AuditEntry; nameOf: NameOf }) {
  const { t } = useTranslation('audit');
  const name = actor_name ?? nameOf(actor);
  return (
    <Only search={{ actor }} id={actor} label={t('onlyBy', { name })}>
      {name}
    </Only>
  );
}

export function Target({ target, nameOf }: { target: string; nameOf: NameOf }) {
  const { t } = useTranslation('audit');
  if (!target) return '–';
  const name = nameOf(target);
  return (
    <Only search={{ target }} id={target} label={t('onlyTo', { name })}>
      {name}
    </Only>
  );
}

/** An act in words and as the API calls it, which is what filters and programs take. */
export function Action({ action }: { action: string }) {
  const { t } = useTranslation('audit');
  const word = actWord(action);
  return (
    <span className="grid">
      {word && <span className="font-medium">{t(`did.${word}`)}</span>}
      <span data-verbatim="" className={`fig break-all ${word ? 'text-ink-3' : 'text-ink'}`}>
        {action}
      </span>
    </span>
  );
}
