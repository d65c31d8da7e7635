import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Select, TextField } from '@/ui/Field';
import { kinds } from '../model';
import type { AuditSearch } from '../search';

interface Props {
  search: AuditSearch;
  onChange: (change: AuditSearch) => void;
}

type Kind<K> = K extends `${infer Name}.` ? Name : never;
const nameOf = (kind: (typeof kinds)[number]) => kind.slice(0, -1) as Kind<typeof kind>;

export function AuditFilters({ search, onChange }: Props) {
  const { t } = useTranslation('audit');
  return (
    <search
      aria-label={t('filter.label')}
      className="grid grid-cols-2 items-start gap-2 border-b border-line px-4 py-2 md:grid-cols-[repeat(auto-fill,minmax(176px,1fr))] md:px-6"
    >
      <Select
        label={t('filter.kind')}
        value={search.action ?? ''}
        onChange={(event) => onChange({ action: event.target.value || undefined })}
      >
        <option value="">{t('filter.anyKind')}</option>
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {t(`kind.${nameOf(kind)}`)}
          </option>
        ))}
        {search.action && !kinds.some((kind) => kind === search.action) && (
          <option value={search.action}>{search.action}</option>
        )}
      </Select>
      <Typed
        label={t('filter.actor')}
        value={search.actor}
        onChange={(actor) => onChange({ actor })}
        filter
      />
      <Typed label={t('filter.target')} value={search.target} onChange={(target) => onChange({ target })} />
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
    </search>
  );
}

const pauseMs = 300;

/** An id; what is typed is looked for once the fingers rest. */
function Typed({
  label,
  value = '',
  onChange,
  filter = false,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  filter?: boolean;
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
      {...(filter ? { 'data-filter': '' } : {})}
      value={typed.text}
      onChange={({ target }) => {
        setTyped({ text: target.value, of: value });
        clearTimeout(waiting.current);
        waiting.current = setTimeout(() => onChange(target.value.trim() || undefined), pauseMs);
      }}
    />
  );
}
