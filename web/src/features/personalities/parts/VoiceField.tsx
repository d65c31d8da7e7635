import type { UseFormRegisterReturn } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Voice } from '@/api/types';
import { voiceName } from '@/engines/Report';
import { Select } from '@/ui/Field';

interface Props {
  field: UseFormRegisterReturn;
  value: string;
  voices: readonly Voice[] | null;
  error: string | undefined;
}

/** The voice by its name, and who really speaks on each engine. */
export function VoiceField({ field, value, voices, error }: Props) {
  const { t } = useTranslation(['personalities', 'engines']);
  const chosen = voices?.find(({ name }) => name === value);
  return (
    <Select
      label={t('voice')}
      error={error}
      {...field}
      hint={
        chosen && (
          <ul className="grid gap-0.5">
            {chosen.engines.map(({ engine, voice, exact }) => (
              <li key={engine}>
                {t(exact ? 'voiceExact' : 'voiceNearest', {
                  engine: t(`engines:name.${engine}`),
                  voice: voiceName(voice),
                })}
              </li>
            ))}
          </ul>
        )
      }
    >
      {!chosen && <option value={value}>{value}</option>}
      {voices?.map(({ name, description }) => (
        <option key={name} value={name}>
          {t('voiceOption', { name, description: description.toLowerCase() })}
        </option>
      ))}
    </Select>
  );
}
