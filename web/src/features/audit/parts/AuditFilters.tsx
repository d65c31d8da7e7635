import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Select, TextField } from '@/ui/Field';
import { kinds, useNames } from '../model';
import type { AuditSearch } from '../search';
import { useNameOf } from './Names';

interface Props {
  search: AuditSearch;
  onChange: (change: AuditSearch) => void;
}

type Kind<K> = K extends `${infer Name}.` ? Name : never;
const kindOf = (kind: (typeof kinds)[number]) => kind.slice(0, -1) as Kind<typeof kind>;

export function AuditFilters({ search, onChange }: Props) {
  const { t } = useTranslation('audit');
  const names = useNames();
  const nameOf = useNameOf();
  const { actor } = search;
  return (
    <search
      aria-label={t('filter.label')}
      className="grid grid-cols-2 items-start gap-2 border-b border-line px-4 py-2 md:grid-cols-[repeat(auto-fill,minmax(176px,1fr))] md:px-6"
    >
      <Select
        label={t('filter.kind')}
        data-filter=""
        value={search.action ?? ''}
        onChange={(event) => onChange({ action: event.target.value || undefined })}
      >
        <option value="">{t('filter.anyKind')}</option>
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {t(`kind.${kindOf(kind)}`)}
          </option>
        ))}
        {search.action && !kinds.some((kind) => kind === search.action) && (
          <option value={search.action}>{search.action}</option>
        )}
      </Select>
      <Select
        label={t('filter.actor')}
        value={actor ?? ''}
        onChange={(event) => onChange({ actor: event.target.value || undefined })}
      >
        <option value="">{t('filter.anyActor')}</option>
        {[...names].map(([id, name]) => (
          <option key={id} value={id}>
            {id.startsWith('key_') ? `${t('thing.key')}: ${name}` : name}
          </option>
        ))}
        <option value="system">{t('thing.service')}</option>
        {actor && actor !== 'system' && !names.has(actor) && <option value={actor}>{nameOf(actor)}</option>}
      </Select>
      <TextField
        label={t('filter.from')}
        type="date"
        max={search.to}
        value={search.from ?? ''}
        onChange={(event) => onChange({ from: event.target.value || undefined })}
      />
      <TextField
        label={t('filter.to')}
        type="date"
        min={search.from}
        value={search.to ?? ''}
        onChange={(event) => onChange({ to: event.target.value || undefined })}
      />
      <div className="max-md:col-span-2">
        <Typed label={t('filter.target')} value={search.target} onChange={(target) => onChange({ target })} />
      </div>
    </search>
  );
}

const pauseMs = 300;

/** An id; what is typed is looked for once the fingers rest. */
function Typed({
  label,
  value = '',
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const [typed, setTyped] = useState({ text: value, of: value });
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (typed.of !== value) setTyped({ text: value, of: value });
  return (
    <TextField
      label={label}
      type="search"
      mono
      maxLength={200}
      value={typed.text}
      onChange={({ target }) => {
        setTyped({ text: target.value, of: value });
        clearTimeout(waiting.current);
        waiting.current = setTimeout(() => onChange(target.value.trim() || undefined), pauseMs);
      }}
    />
  );
}
