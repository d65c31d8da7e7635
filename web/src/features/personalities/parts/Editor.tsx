import { zodResolver } from '@hookform/resolvers/zod';
import { useMemo, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Personality } from '@/api/types';
import { FormProblem, placeFaults } from '@/lib/forms';
import { useKeys } from '@/lib/keys';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Select, TextArea, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Notice } from '@/ui/States';
import {
  blank,
  createPersonality,
  fieldNames,
  languages,
  type PersonalityValues,
  savePersonality,
  schemaOf,
  usePersonalitySaved,
  valuesOf,
  voices,
} from '../model';
import { Examples } from './Examples';
import { Targets } from './Targets';

interface Props {
  before: Personality | null;
  onSaved: (personality: Personality) => void;
  onReload: () => void;
}

/** The form of a personality; saving makes a new version. */
export function Editor({ before, onSaved, onReload }: Props) {
  const { t } = useTranslation('personalities');
  const saved = usePersonalitySaved();
  const schema = useMemo(() => schemaOf(t), [t]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useForm<PersonalityValues>({
    resolver: zodResolver(schema),
    defaultValues: before ? valuesOf(before) : blank,
  });
  const { register, handleSubmit, setError, formState, control } = form;
  const { errors, isSubmitting } = formState;

  const save = handleSubmit(async (values) => {
    setProblem(null);
    try {
      const personality = before ? await savePersonality(before, values) : await createPersonality(values);
      await saved(personality);
      onSaved(personality);
    } catch (thrown) {
      setProblem(placeFaults(asProblem(thrown), fieldNames, setError));
    }
  });
  useKeys({ 'mod+s': () => void save() });

  const known: readonly string[] = voices;
  const voice = before?.voice;
  return (
    <form noValidate onSubmit={save} className="grid gap-4">
      <Block>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField label={t('name')} maxLength={80} error={errors.name?.message} {...register('name')} />
          <TextField
            label={t('description')}
            optional
            error={errors.description?.message}
            {...register('description')}
          />
          <Select label={t('voice')} error={errors.voice?.message} {...register('voice')}>
            {voice && !known.includes(voice) && <option value={voice}>{voice}</option>}
            {voices.map((name) => (
              <option key={name} value={name}>
                {name}: {t(`voices.${name}`)}
              </option>
            ))}
          </Select>
          <TextField
            label={t('language')}
            list="languages"
            error={errors.language?.message}
            {...register('language')}
          />
          <datalist id="languages">
            {languages.map((code) => (
              <option key={code} value={code} />
            ))}
          </datalist>
          <TextField
            label={t('model')}
            optional
            mono
            hint={t('modelHint')}
            error={errors.model?.message}
            {...register('model')}
          />
          <TextField
            label={t('traits')}
            optional
            hint={t('traitsHint')}
            error={errors.traits?.message}
            {...register('traits')}
          />
        </div>
      </Block>
      <Block>
        <div className="grid gap-4">
          <TextArea
            label={t('greeting')}
            optional
            rows={2}
            dir="auto"
            hint={t('greetingHint')}
            error={errors.greeting?.message}
            {...register('greeting')}
          />
          <TextArea
            label={t('prompt')}
            rows={12}
            dir="auto"
            hint={t('promptHint')}
            error={errors.system_prompt?.message}
            {...register('system_prompt')}
          />
          <TextField
            label={t('style')}
            optional
            hint={t('styleHint')}
            error={errors.response_style?.message}
            {...register('response_style')}
          />
        </div>
      </Block>
      <Examples control={control} register={register} errors={errors} />
      <Targets control={control} register={register} errors={errors} />
      <div className="grid gap-2 max-md:px-4">
        {problem?.status === 412 ? (
          <Notice>
            <p>{t('changed')}</p>
            <div>
              <Button size="small" onClick={onReload}>
                {t('reload')}
              </Button>
            </div>
          </Notice>
        ) : (
          <FormProblem problem={problem} />
        )}
        <Buttons>
          <Button type="submit" kind="primary" busy={isSubmitting}>
            {before ? t('save', { version: before.version + 1 }) : t('create')}
          </Button>
        </Buttons>
      </div>
    </form>
  );
}
