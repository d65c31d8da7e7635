import { type UseFormReturn, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { Select, TextField } from '@/ui/Field';
import { eagernesses, type PersonalityValues, presetOf, type TurnPreset, turnPresets } from '../form';

const names = Object.keys(turnPresets) as TurnPreset[];

interface Props {
  form: UseFormReturn<PersonalityValues>;
  open: boolean;
  onOpen: (open: boolean) => void;
}

/** When the caller's turn is over: a few ways by name, and their figures for those who want them. */
export function TurnFields({ form, open, onOpen }: Props) {
  const { t } = useTranslation('personalities');
  const { register, control, setValue, formState } = form;
  const turn = useWatch({ control, name: 'realtime.turn_detection' });
  const errors = formState.errors.realtime?.turn_detection;
  const preset = presetOf(turn) ?? 'own';
  const isOpen = open || errors !== undefined;
  return (
    <div className="grid gap-3">
      <Select
        label={t('turn.label')}
        hint={t(`turnHint.${preset}`)}
        value={preset}
        onChange={(event) => {
          const chosen = names.find((name) => name === event.target.value);
          if (chosen) {
            setValue('realtime.turn_detection', turnPresets[chosen], {
              shouldDirty: true,
              shouldValidate: true,
            });
          } else onOpen(true);
        }}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {t(`turn.${name}`)}
          </option>
        ))}
        <option value="own">{t('turn.own')}</option>
      </Select>
      <details open={isOpen} onToggle={(event) => onOpen(event.currentTarget.open)}>
        <summary className="inline-flex min-h-7 list-none items-center rounded text-sm text-brand">
          <span aria-hidden="true" className={`me-1.5 inline-block ${isOpen ? 'rotate-90' : ''}`}>
            ▸
          </span>
          {t('turn.exactly')}
        </summary>
        <div className="grid items-start gap-4 pt-2 sm:grid-cols-2">
          <Select
            label={t('turn.type')}
            error={errors?.type?.message}
            {...register('realtime.turn_detection.type')}
          >
            <option value="server_vad">{t('turn.byLoudness')}</option>
            <option value="semantic_vad">{t('turn.byWords')}</option>
          </Select>
          {turn.type === 'semantic_vad' ? (
            <Select
              label={t('turn.eagerness')}
              error={errors?.eagerness?.message}
              {...register('realtime.turn_detection.eagerness')}
            >
              {eagernesses.map((each) => (
                <option key={each} value={each}>
                  {t(`eagerness.${each}`)}
                </option>
              ))}
            </Select>
          ) : (
            <>
              <TextField
                label={t('turn.silence')}
                hint={t('turn.silenceHint')}
                type="number"
                min={100}
                max={5_000}
                step={50}
                mono
                error={errors?.silence_duration_ms?.message}
                {...register('realtime.turn_detection.silence_duration_ms')}
              />
              <TextField
                label={t('turn.threshold')}
                hint={t('turn.thresholdHint')}
                type="number"
                min={0}
                max={1}
                step={0.05}
                mono
                error={errors?.threshold?.message}
                {...register('realtime.turn_detection.threshold')}
              />
              <TextField
                label={t('turn.padding')}
                hint={t('turn.paddingHint')}
                type="number"
                min={0}
                max={2_000}
                step={50}
                mono
                error={errors?.prefix_padding_ms?.message}
                {...register('realtime.turn_detection.prefix_padding_ms')}
              />
            </>
          )}
        </div>
      </details>
    </div>
  );
}
