import { SlidersHorizontal } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import '@/engines/strings';
import { reasonWords } from '@/lib/ended';
import { phone } from '@/lib/format';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { type Filters as CallFilters, choices, isPiece } from '../filters';

interface Props {
  filters: CallFilters;
  onChange: (change: CallFilters) => void;
}

const pauseMs = 300;

/** What narrows the history: the usual ones at once, the others when asked for. */
export function Filters({ filters, onChange }: Props) {
  const { t } = useTranslation(['calls', 'common']);
  const { reason, number, personality, engine, channel, from, to } = filters;
  const hidden = [reason, number, personality, engine, channel, from, to].filter(Boolean).length;
  const [open, setOpen] = useState(hidden > 0);
  return (
    <search className="grid gap-2 border-b border-line px-4 py-2 md:px-6" aria-label={t('filter.label')}>
      <div className="flex flex-wrap items-start gap-2">
        <Piece q={filters.q ?? ''} onChange={(q) => onChange({ q })} />
        <div className="w-40 max-sm:flex-1">
          <Select
            label={t('status')}
            hideLabel
            value={filters.status ?? ''}
            onChange={(event) => onChange({ status: find(choices.statuses, event.target.value) })}
          >
            <option value="">{t('all')}</option>
            {choices.statuses.map((each) => (
              <option key={each} value={each}>
                {t(`common:state.${each}`)}
              </option>
            ))}
          </Select>
        </div>
        <div className="w-40 max-sm:flex-1">
          <Select
            label={t('dir')}
            hideLabel
            value={filters.direction ?? ''}
            onChange={(event) => onChange({ direction: find(choices.directions, event.target.value) })}
          >
            <option value="">{t('anyDirection')}</option>
            {choices.directions.map((each) => (
              <option key={each} value={each}>
                {t(`common:direction.${each}`)}
              </option>
            ))}
          </Select>
        </div>
        <Button aria-expanded={open} aria-controls="more-filters" onClick={() => setOpen(!open)}>
          <SlidersHorizontal size={16} aria-hidden="true" />
          {hidden > 0 ? t('filter.moreOn', { count: hidden }) : t('filter.more')}
        </Button>
      </div>
      {open && <More filters={filters} onChange={onChange} />}
    </search>
  );
}

/** Digits of a number; what is typed is looked for once the fingers rest. */
function Piece({ q, onChange }: { q: string; onChange: (q: string | undefined) => void }) {
  const { t } = useTranslation('calls');
  const [typed, setTyped] = useState({ text: q, of: q });
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The address changed under the field: it shows what is looked for.
  if (typed.of !== q) setTyped({ text: q, of: q });
  const look = (text: string) => {
    clearTimeout(waiting.current);
    const wanted = text.trim();
    if (wanted && !isPiece(wanted)) return;
    setTyped({ text, of: wanted });
    onChange(wanted || undefined);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    look(typed.text);
  };
  const wrong = typed.text.trim().length > 1 && !isPiece(typed.text.trim());
  return (
    <form onSubmit={submit} className="w-full sm:w-60">
      <TextField
        label={t('filter.piece')}
        hideLabel
        type="search"
        mono
        data-filter=""
        maxLength={32}
        placeholder={t('filter.piece')}
        value={typed.text}
        error={wrong ? t('filter.pieceFault') : undefined}
        onChange={({ target }) => {
          setTyped({ text: target.value, of: q });
          clearTimeout(waiting.current);
          waiting.current = setTimeout(() => look(target.value), pauseMs);
        }}
      />
    </form>
  );
}

function More({ filters, onChange }: Props) {
  const { t } = useTranslation(['calls', 'common', 'engines']);
  const numbers = $api.useQuery('get', '/v1/numbers', { params: { query: { limit: 100 } } });
  const personalities = $api.useQuery('get', '/v1/personalities', { params: { query: { limit: 100 } } });
  return (
    <div
      id="more-filters"
      className="grid grid-cols-2 items-start gap-2 md:grid-cols-[repeat(auto-fill,minmax(176px,1fr))]"
    >
      <TextField
        label={t('filter.from')}
        type="date"
        max={filters.to}
        value={filters.from ?? ''}
        onChange={(event) => onChange({ from: event.target.value || undefined })}
      />
      <TextField
        label={t('filter.to')}
        type="date"
        min={filters.from}
        value={filters.to ?? ''}
        onChange={(event) => onChange({ to: event.target.value || undefined })}
      />
      <Select
        label={t('outcome')}
        value={filters.reason ?? ''}
        onChange={(event) => onChange({ reason: find(choices.reasons, event.target.value) })}
      >
        <option value="">{t('filter.any')}</option>
        {choices.reasons.map((each) => (
          <option key={each} value={each}>
            {reasonWords(each, filters.direction)}
          </option>
        ))}
      </Select>
      <Select
        label={t('filter.number')}
        value={filters.number ?? ''}
        onChange={(event) => onChange({ number: event.target.value || undefined })}
      >
        <option value="">{t('filter.any')}</option>
        {numbers.data?.data.map(({ id, e164, label }) => (
          <option key={id} value={id}>
            {label ? `${label}, ${phone(e164)}` : phone(e164)}
          </option>
        ))}
      </Select>
      <Select
        label={t('personality')}
        value={filters.personality ?? ''}
        onChange={(event) => onChange({ personality: event.target.value || undefined })}
      >
        <option value="">{t('filter.any')}</option>
        {personalities.data?.data.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
      <Select
        label={t('engine')}
        value={filters.engine ?? ''}
        onChange={(event) => onChange({ engine: find(choices.engines, event.target.value) })}
      >
        <option value="">{t('filter.any')}</option>
        {choices.engines.map((each) => (
          <option key={each} value={each}>
            {t(`engines:name.${each}`)}
          </option>
        ))}
      </Select>
      <Select
        label={t('filter.channel')}
        value={filters.channel ?? ''}
        onChange={(event) => onChange({ channel: find(choices.channels, event.target.value) })}
      >
        <option value="">{t('filter.any')}</option>
        {choices.channels.map((each) => (
          <option key={each} value={each}>
            {t(`channel.${each}`)}
          </option>
        ))}
      </Select>
    </div>
  );
}

function find<T extends string>(known: readonly T[], value: string): T | undefined {
  return known.find((each) => each === value);
}
