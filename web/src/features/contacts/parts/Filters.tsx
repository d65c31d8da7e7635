import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Select, TextField } from '@/ui/Field';
import { type ContactFilters, plans } from '../model';

const pauseMs = 300;

/** Name or number, and plan. */
export function Filters({
  filters,
  onChange,
}: {
  filters: ContactFilters;
  onChange: (change: ContactFilters) => void;
}) {
  const { t } = useTranslation('contacts');
  const q = filters.q ?? '';
  const [typed, setTyped] = useState({ text: q, of: q });
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The address changed under the field: it shows what is looked for.
  if (typed.of !== q) setTyped({ text: q, of: q });
  const look = (text: string) => {
    setTyped({ text, of: text.trim() });
    onChange({ q: text.trim() || undefined });
  };
  return (
    <search
      aria-label={t('filter.label')}
      className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 md:px-6"
    >
      <div className="w-full sm:w-64">
        <TextField
          label={t('filter.text')}
          hideLabel
          type="search"
          data-filter=""
          maxLength={80}
          placeholder={t('filter.text')}
          value={typed.text}
          onChange={({ target }) => {
            setTyped({ text: target.value, of: q });
            clearTimeout(waiting.current);
            waiting.current = setTimeout(() => look(target.value), pauseMs);
          }}
        />
      </div>
      <div className="w-40 max-sm:flex-1">
        <Select
          label={t('plan')}
          hideLabel
          value={filters.plan ?? ''}
          onChange={(event) => onChange({ plan: plans.find((each) => each === event.target.value) })}
        >
          <option value="">{t('filter.anyPlan')}</option>
          {plans.map((plan) => (
            <option key={plan} value={plan}>
              {t(`plans.${plan}`)}
            </option>
          ))}
        </Select>
      </div>
    </search>
  );
}
