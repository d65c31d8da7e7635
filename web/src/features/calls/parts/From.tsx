import { useTranslation } from 'react-i18next';
import type { NumberPool, PhoneNumber } from '@/api/types';
import { phone } from '@/lib/format';
import { TextLink } from '@/ui/Button';
import { Select } from '@/ui/Field';

interface Props {
  value: string;
  numbers: readonly PhoneNumber[];
  pools: readonly NumberPool[];
  loaded: boolean;
  failed: boolean;
  fault: string | undefined;
  onChange: (from: string) => void;
}

/** The number that the far end sees: one of the company's, or whichever a pool chooses. */
export function From({ value, numbers, pools, loaded, failed, fault, onChange }: Props) {
  const { t } = useTranslation('calls');
  if (loaded && numbers.length === 0) {
    return (
      <div className="grid gap-1">
        <p className="text-sm font-medium text-ink-2">{t('place.from')}</p>
        <p>
          {t('place.noNumber')} <TextLink to="/numbers">{t('place.toNumbers')}</TextLink>
        </p>
      </div>
    );
  }
  return (
    <Select
      label={t('place.from')}
      value={value}
      disabled={!loaded}
      error={failed ? t('place.numbersFailed') : fault}
      onChange={(event) => onChange(event.target.value)}
    >
      <optgroup label={t('place.numbers')}>
        {numbers.map(({ id, e164, label }) => (
          <option key={id} value={id}>
            {label ? `${phone(e164)}, ${label}` : phone(e164)}
          </option>
        ))}
      </optgroup>
      {pools.length > 0 && (
        <optgroup label={t('place.pools')}>
          {pools.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </optgroup>
      )}
    </Select>
  );
}
