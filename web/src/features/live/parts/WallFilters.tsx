import { SlidersHorizontal } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { phone } from '@/lib/format';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { states, type WallSearch } from '../search';

interface Props {
  search: WallSearch;
  choices: { numbers: readonly string[]; personalities: readonly (readonly [string, string])[] };
  onChange: (change: Partial<WallSearch>) => void;
}

/** Words, number, personality and state to look for; all of it stands in the address. */
export function WallFilters({ search, choices, onChange }: Props) {
  const { t } = useTranslation(['live', 'common']);
  const [open, setOpen] = useState(false);
  return (
    <>
      <div className="w-48 max-md:flex-1">
        <TextField
          label={t('filter')}
          hideLabel
          type="search"
          data-filter=""
          placeholder={t('filterHint')}
          value={search.q ?? ''}
          onChange={(event) => onChange({ q: event.target.value || undefined })}
        />
      </div>
      <span className="md:hidden">
        <Button size="square" aria-label={t('by.more')} aria-expanded={open} onClick={() => setOpen(!open)}>
          <SlidersHorizontal size={16} aria-hidden="true" />
        </Button>
      </span>
      <Choice
        open={open}
        label={t('by.number')}
        value={search.number}
        choices={choices.numbers.map((number) => [number, phone(number)])}
        onChange={(number) => onChange({ number })}
      />
      <Choice
        open={open}
        label={t('by.personality')}
        value={search.personality}
        choices={choices.personalities}
        onChange={(personality) => onChange({ personality })}
      />
      <Choice
        open={open}
        label={t('by.state')}
        value={search.state}
        choices={states.map((state) => [state, t(`common:state.${state}`)])}
        onChange={(state) => onChange({ state })}
      />
    </>
  );
}

function Choice<T extends string>({
  open,
  label,
  value,
  choices,
  onChange,
}: {
  /** On a narrow screen a choice that was not made is put away. */
  open: boolean;
  label: string;
  value: T | undefined;
  choices: readonly (readonly [T, string])[];
  onChange: (value: T | undefined) => void;
}) {
  return (
    <div className={`w-34 max-md:w-full ${value || open ? '' : 'max-md:hidden'}`}>
      <Select
        label={label}
        hideLabel
        value={value ?? ''}
        onChange={(event) => onChange((event.target.value as T) || undefined)}
      >
        <option value="">{label}</option>
        {choices.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </Select>
    </div>
  );
}
