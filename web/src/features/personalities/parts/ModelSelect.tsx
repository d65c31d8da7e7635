import type { SelectHTMLAttributes } from 'react';
import { useTranslation } from 'react-i18next';
import type { Model } from '@/api/types';
import { dayWithYear } from '@/lib/format';
import { Select } from '@/ui/Field';

interface Props extends Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className' | 'style' | 'id'> {
  label: string;
  hint?: string;
  error?: string | undefined;
  models: readonly Model[] | null;
  purpose: Model['purpose'];
  /** The model that is set now: it stays in the list, whatever has become of it. */
  current: string;
  /** Whether none may be named, which takes the platform's. */
  open: boolean;
}

/** The models that can be chosen, with the day each of them stops; those that have stopped cannot be. */
export function ModelSelect({ models, purpose, current, open, ...select }: Props) {
  const { t } = useTranslation('personalities');
  const listed = (models ?? []).filter((model) => model.purpose === purpose);
  const platform = listed.find((model) => model.is_default)?.name;
  const unlisted = current !== '' && !listed.some(({ name }) => name === current);
  return (
    <Select {...select}>
      {open && (
        <option value="">
          {platform ? t('platformModelNamed', { model: platform }) : t('platformModel')}
        </option>
      )}
      {unlisted && <option value={current}>{current}</option>}
      {listed.map((model) => (
        <option
          key={model.name}
          value={model.name}
          disabled={model.status === 'retired' && model.name !== current}
        >
          {wording(model, t)}
        </option>
      ))}
    </Select>
  );
}

type T = ReturnType<typeof useTranslation<'personalities'>>['t'];

function wording({ name, status, stops_on }: Model, t: T): string {
  if (!stops_on) return name;
  const day = dayWithYear(stops_on);
  return status === 'retired' ? t('modelEnded', { name, day }) : t('modelEnds', { name, day });
}
