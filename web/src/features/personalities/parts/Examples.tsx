import { type Control, type FieldErrors, type UseFormRegister, useFieldArray } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { TextArea } from '@/ui/Field';
import { Block } from '@/ui/Page';
import type { PersonalityValues } from '../form';

interface Props {
  control: Control<PersonalityValues>;
  register: UseFormRegister<PersonalityValues>;
  errors: FieldErrors<PersonalityValues>;
}

export function Examples({ control, register, errors }: Props) {
  const { t } = useTranslation('personalities');
  const { fields, append, remove } = useFieldArray({ control, name: 'examples' });
  return (
    <Block
      title={t('examples')}
      actions={
        <Button size="small" onClick={() => append({ caller: '', agent: '' })}>
          {t('addExample')}
        </Button>
      }
      pad={fields.length > 0}
    >
      {fields.map((field, at) => (
        <fieldset
          key={field.id}
          className="grid items-start gap-3 border-b border-line pb-3 last:border-b-0 sm:grid-cols-[1fr_1fr_auto]"
        >
          <legend className="sr-only">{t('example', { number: at + 1 })}</legend>
          <TextArea
            label={t('caller')}
            rows={2}
            dir="auto"
            error={errors.examples?.[at]?.caller?.message}
            {...register(`examples.${at}.caller`)}
          />
          <TextArea
            label={t('agent')}
            rows={2}
            dir="auto"
            error={errors.examples?.[at]?.agent?.message}
            {...register(`examples.${at}.agent`)}
          />
          <div className="sm:pt-6">
            <Button
              size="small"
              kind="quiet"
              aria-label={t('removeExample', { number: at + 1 })}
              onClick={() => remove(at)}
            >
              ×
            </Button>
          </div>
        </fieldset>
      ))}
    </Block>
  );
}
