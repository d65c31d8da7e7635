import { type UseFormReturn, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Model } from '@/api/types';
import { Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { efforts, noises, type PersonalityValues } from '../form';
import { ModelSelect } from './ModelSelect';
import { TurnFields } from './TurnFields';

interface Props {
  form: UseFormReturn<PersonalityValues>;
  models: readonly Model[] | null;
  /** The speech model of the version before, empty when it names none. */
  current: string;
  turnOpen: boolean;
  onTurnOpen: (open: boolean) => void;
}

/** Settings of the engine that hears and speaks by itself. */
export function RealtimeFields({ form, models, current, turnOpen, onTurnOpen }: Props) {
  const { t } = useTranslation('personalities');
  const { register, control, formState } = form;
  const errors = formState.errors.realtime;
  const model = useWatch({ control, name: 'realtime.model' });
  const known = models?.find(
    ({ name, purpose, is_default }) => purpose === 'speech' && (model ? name === model : is_default),
  );
  return (
    <Block title={t('realtime.title')}>
      <div className="grid gap-4">
        <p className="text-sm text-ink-3">{t('realtime.hint')}</p>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <ModelSelect
            label={t('realtime.model')}
            models={models}
            purpose="speech"
            current={current}
            open
            error={errors?.model?.message}
            {...register('realtime.model')}
          />
          <Select
            label={t('realtime.effort')}
            hint={known && !known.reasons ? t('realtime.effortIgnored') : t('realtime.effortHint')}
            error={errors?.reasoning_effort?.message}
            {...register('realtime.reasoning_effort')}
          >
            {efforts.map((each) => (
              <option key={each} value={each}>
                {t(`efforts.${each}`)}
              </option>
            ))}
          </Select>
          <Select
            label={t('realtime.noise')}
            error={errors?.noise_reduction?.message}
            {...register('realtime.noise_reduction')}
          >
            {noises.map((each) => (
              <option key={each} value={each}>
                {t(`noises.${each}`)}
              </option>
            ))}
          </Select>
          <TextField
            label={t('realtime.speed')}
            hint={t('realtime.speedHint')}
            type="number"
            inputMode="decimal"
            min={0.25}
            max={1.5}
            step={0.05}
            mono
            error={errors?.speed?.message}
            {...register('realtime.speed')}
          />
        </div>
        <TurnFields form={form} open={turnOpen} onOpen={onTurnOpen} />
      </div>
    </Block>
  );
}
