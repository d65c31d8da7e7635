import { useTranslation } from 'react-i18next';
import { Check, Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import type { PolicyValues } from '../policy';

const kinds = ['ai_voice', 'transactional', 'marketing'] as const satisfies (keyof PolicyValues['consent'])[];
const rules = ['always', 'marketing', 'never'] as const satisfies PolicyValues['nationalList'][];

/** Which calls need a consent or a national list, and how those who were rung get rid of it. */
export function PolicyConsents({
  values,
  faultAt,
  onChange,
}: {
  values: PolicyValues;
  faultAt: (name: string) => string | undefined;
  onChange: (change: Partial<PolicyValues>) => void;
}) {
  const { t } = useTranslation('settings');
  return (
    <Block title={t('policy.consent')}>
      <div className="grid gap-4">
        <fieldset className="grid gap-1">
          <legend className="mb-1 text-sm text-ink-2">{t('policy.consentHint')}</legend>
          {kinds.map((kind) => (
            <Check
              key={kind}
              label={t(`policy.needs.${kind}`)}
              checked={values.consent[kind] === 'required'}
              onChange={({ target }) =>
                onChange({
                  consent: { ...values.consent, [kind]: target.checked ? 'required' : 'not_required' },
                })
              }
            />
          ))}
        </fieldset>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Select
            label={t('policy.national')}
            hint={t('policy.nationalHint')}
            error={faultAt('national_list')}
            value={values.nationalList}
            onChange={({ target }) =>
              onChange({ nationalList: rules.find((rule) => rule === target.value) ?? values.nationalList })
            }
          >
            {rules.map((rule) => (
              <option key={rule} value={rule}>
                {t(`policy.nationalRule.${rule}`)}
              </option>
            ))}
          </Select>
          <TextField
            label={t('policy.optOut')}
            optional
            mono
            maxLength={1}
            hint={t('policy.optOutHint')}
            error={faultAt('opt_out_key')}
            value={values.optOutKey}
            onChange={(event) => onChange({ optOutKey: event.target.value })}
          />
        </div>
      </div>
    </Block>
  );
}
