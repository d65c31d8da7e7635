import { type UseFormReturn, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { Select, TextField } from '@/ui/Field';
import { type PersonalityValues, recordings } from '../form';

/** Whether calls that this personality talks in are recorded, and in which words callers are told. */
export function RecordingFields({ form }: { form: UseFormReturn<PersonalityValues> }) {
  const { t } = useTranslation('personalities');
  const { register, control, formState } = form;
  const mode = useWatch({ control, name: 'recording.mode' });
  const errors = formState.errors.recording;
  return (
    <>
      <Select
        label={t('recording.label')}
        hint={t(`recording.hint.${mode}`)}
        error={errors?.mode?.message}
        {...register('recording.mode')}
      >
        {recordings.map((each) => (
          <option key={each} value={each}>
            {t(`recording.mode.${each}`)}
          </option>
        ))}
      </Select>
      {mode !== 'off' && (
        <TextField
          label={t('recording.announcement')}
          optional
          dir="auto"
          maxLength={300}
          hint={t('recording.announcementHint')}
          error={errors?.announcement?.message}
          {...register('recording.announcement')}
        />
      )}
    </>
  );
}
