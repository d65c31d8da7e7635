import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { byName, countryName } from '@/lib/countries';
import { Button } from '@/ui/Button';
import { FieldFault } from '@/ui/Field';

/** The countries that may be rung, each taken away by its own button, others added from the list. */
export function Countries({
  chosen,
  fault,
  readOnly,
  onChange,
}: {
  chosen: readonly string[];
  fault: string | undefined;
  readOnly: boolean;
  onChange: (countries: string[]) => void;
}) {
  const { t } = useTranslation('settings');
  const id = useId();
  const [next, setNext] = useState('');
  const add = () => {
    if (next) onChange([...chosen, next]);
    setNext('');
  };
  return (
    <div className="grid gap-2">
      <p id={`${id}-label`} className="text-sm font-medium text-ink-2">
        {t('policy.countries')}
      </p>
      {chosen.length === 0 ? (
        <p className="text-sm text-warn">{t('policy.nowhere')}</p>
      ) : (
        <ul aria-labelledby={`${id}-label`} className="flex flex-wrap gap-2">
          {chosen.map((code) => (
            <li key={code} className="flex min-h-7 items-center rounded border border-line-strong ps-2.5">
              <span className={`text-sm ${readOnly ? 'pe-2.5' : ''}`}>{countryName(code)}</span>
              {!readOnly && (
                <Button
                  size="small"
                  kind="quiet"
                  aria-label={t('policy.without', { country: countryName(code) })}
                  onClick={() => onChange(chosen.filter((each) => each !== code))}
                >
                  ×
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {!readOnly && (
        <div className="flex max-w-96 gap-2">
          <select
            aria-label={t('policy.another')}
            aria-describedby={fault ? `${id}-error` : undefined}
            value={next}
            onChange={(event) => setNext(event.target.value)}
            className="h-9 min-w-0 flex-1 rounded border border-line-strong bg-surface px-2.5 text-base text-ink hover:border-ink-3 disabled:bg-sunken disabled:text-ink-3"
          >
            <option value="">{t('policy.another')}</option>
            {byName()
              .filter(({ code }) => !chosen.includes(code))
              .map(({ code, name }) => (
                <option key={code} value={code}>
                  {name}
                </option>
              ))}
          </select>
          <Button disabled={!next} onClick={add}>
            {t('policy.addCountry')}
          </Button>
        </div>
      )}
      <FieldFault id={`${id}-error`} text={fault} />
    </div>
  );
}
