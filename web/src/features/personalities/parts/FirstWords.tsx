import { type UseFormReturn, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { Select, TextArea } from '@/ui/Field';
import { type PersonalityValues, policies } from '../form';

/** Who speaks first, and with which words. */
export function FirstWords({ form }: { form: UseFormReturn<PersonalityValues> }) {
  const { t } = useTranslation('personalities');
  const { register, control, formState } = form;
  const { errors } = formState;
  const policy = useWatch({ control, name: 'greeting_policy' });
  return (
    <>
      <Select
        label={t('policy.label')}
        hint={t(`policyHint.${policy}`)}
        error={errors.greeting_policy?.message}
        {...register('greeting_policy')}
      >
        {policies.map((each) => (
          <option key={each} value={each}>
            {t(`policy.${each}`)}
          </option>
        ))}
      </Select>
      {policy !== 'caller_first' && (
        <TextArea
          label={t('greeting')}
          optional={policy === 'generated'}
          rows={2}
          dir="auto"
          hint={t(policy === 'generated' ? 'greetingMeans' : 'greetingHint')}
          error={errors.greeting?.message}
          {...register('greeting')}
        />
      )}
    </>
  );
}
