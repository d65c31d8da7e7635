import { type UseFormReturn, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { approvalModes, approvalTimeouts, clarificationTimeouts, type PersonalityValues } from '../form';

/** When a person is asked before something is said, and what happens when nobody answers. */
export function AskingFields({ form }: { form: UseFormReturn<PersonalityValues> }) {
  const { t } = useTranslation('personalities');
  const { register, control, formState } = form;
  const { approval, clarification } = formState.errors;
  const mode = useWatch({ control, name: 'approval.mode' });
  return (
    <Block title={t('asking.title')}>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <div className="sm:col-span-2">
          <Select
            label={t('asking.approval')}
            hint={t('asking.approvalHint')}
            error={approval?.mode?.message}
            {...register('approval.mode')}
          >
            {approvalModes.map((each) => (
              <option key={each} value={each}>
                {t(`asking.mode.${each}`)}
              </option>
            ))}
          </Select>
        </div>
        {mode !== 'off' && (
          <>
            <TextField
              label={t('asking.approvalSeconds')}
              inputMode="numeric"
              error={approval?.timeout_seconds?.message}
              {...register('approval.timeout_seconds')}
            />
            <Select
              label={t('asking.approvalAfter')}
              error={approval?.on_timeout?.message}
              {...register('approval.on_timeout')}
            >
              {approvalTimeouts.map((each) => (
                <option key={each} value={each}>
                  {t(`asking.approvalTimeout.${each}`)}
                </option>
              ))}
            </Select>
          </>
        )}
        <TextField
          label={t('asking.questionSeconds')}
          inputMode="numeric"
          error={clarification?.timeout_seconds?.message}
          {...register('clarification.timeout_seconds')}
        />
        <Select
          label={t('asking.questions')}
          error={clarification?.on_timeout?.message}
          {...register('clarification.on_timeout')}
        >
          {clarificationTimeouts.map((each) => (
            <option key={each} value={each}>
              {t(`asking.questionTimeout.${each}`)}
            </option>
          ))}
        </Select>
      </div>
    </Block>
  );
}
