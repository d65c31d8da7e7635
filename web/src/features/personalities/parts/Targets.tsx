import { type Control, type FieldErrors, type UseFormRegister, useFieldArray } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import type { PersonalityValues } from '../form';

interface Props {
  control: Control<PersonalityValues>;
  register: UseFormRegister<PersonalityValues>;
  errors: FieldErrors<PersonalityValues>;
}

export function Targets({ control, register, errors }: Props) {
  const { t } = useTranslation('personalities');
  const { fields, append, remove } = useFieldArray({ control, name: 'transfer_targets' });
  return (
    <Block
      title={t('targets')}
      actions={
        <Button size="small" onClick={() => append({ alias: '', e164: '', kind: 'cold' })}>
          {t('addTarget')}
        </Button>
      }
    >
      <div className="grid gap-3">
        <p className="text-sm text-ink-3">{t('targetsHint')}</p>
        {fields.map((field, at) => (
          <div key={field.id} className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_auto_auto]">
            <TextField
              label={t('alias')}
              placeholder={t('aliasHint')}
              error={errors.transfer_targets?.[at]?.alias?.message}
              {...register(`transfer_targets.${at}.alias`)}
            />
            <TextField
              label={t('phone')}
              mono
              inputMode="tel"
              error={errors.transfer_targets?.[at]?.e164?.message}
              {...register(`transfer_targets.${at}.e164`)}
            />
            <Select label={t('targetKind.label')} {...register(`transfer_targets.${at}.kind`)}>
              <option value="cold">{t('targetKind.cold')}</option>
              <option value="warm">{t('targetKind.warm')}</option>
            </Select>
            <div className="sm:pt-6">
              <Button
                size="small"
                kind="quiet"
                aria-label={t('removeTarget', { alias: field.alias || String(at + 1) })}
                onClick={() => remove(at)}
              >
                ×
              </Button>
            </div>
          </div>
        ))}
      </div>
    </Block>
  );
}
