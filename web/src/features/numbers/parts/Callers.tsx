import { useTranslation } from 'react-i18next';
import { Check, TextArea } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { policies } from '../form';
import type { Section } from './Section';

/** Whose calls are answered, and what the others hear. */
export function Callers({ values, faultAt, onChange }: Section) {
  const { t } = useTranslation('numbers');
  return (
    <Block title={t('callers.title')}>
      <div className="grid gap-4">
        <fieldset className="grid gap-1">
          <legend className="sr-only">{t('callers.title')}</legend>
          {policies.map((policy) => (
            <Check
              key={policy}
              type="radio"
              name="caller_policy"
              label={<span className="font-medium">{t(`callers.${policy}`)}</span>}
              hint={t(`callers.hint.${policy}`)}
              checked={values.policy === policy}
              onChange={() => onChange({ policy })}
            />
          ))}
        </fieldset>
        {values.policy !== 'open' && (
          <div className="grid items-start gap-4 sm:grid-cols-2">
            <TextArea
              label={t('callers.unknown')}
              optional
              rows={2}
              maxLength={300}
              dir="auto"
              hint={t('standardWords')}
              error={faultAt('unknown_caller_message')}
              value={values.unknownMessage}
              onChange={(event) => onChange({ unknownMessage: event.target.value })}
            />
            {values.policy === 'premium_contacts' && (
              <TextArea
                label={t('callers.notPremium')}
                optional
                rows={2}
                maxLength={300}
                dir="auto"
                hint={t('standardWords')}
                error={faultAt('not_premium_message')}
                value={values.notPremiumMessage}
                onChange={(event) => onChange({ notPremiumMessage: event.target.value })}
              />
            )}
          </div>
        )}
      </div>
    </Block>
  );
}
