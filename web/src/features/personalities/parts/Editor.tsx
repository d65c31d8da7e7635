import { zodResolver } from '@hookform/resolvers/zod';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Path, useForm, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Personality, PersonalityPatch } from '@/api/types';
import { FormProblem, placeFaults } from '@/lib/forms';
import { useKeys } from '@/lib/keys';
import { Unsaved } from '@/lib/Unsaved';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Select, TextArea, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Notice } from '@/ui/States';
import { blank, fallbacks, fieldNames, languages, type PersonalityValues, schemaOf, valuesOf } from '../form';
import { changeOf, createPersonality, savePersonality, useCatalogue, usePersonalitySaved } from '../model';
import { AskingFields } from './AskingFields';
import { Examples } from './Examples';
import { FirstWords } from './FirstWords';
import { ModelSelect } from './ModelSelect';
import { RealtimeFields } from './RealtimeFields';
import { RecordingFields } from './RecordingFields';
import { DraftReports } from './Reports';
import { Targets } from './Targets';
import { VoiceField } from './VoiceField';

interface Props {
  before: Personality | null;
  /** The field to begin with, as a report names it. */
  focus?: string | null;
  onSaved: (personality: Personality) => void;
  onReload: () => void;
  /** Filled with what reads the changes that are not saved. */
  changes?: { current: (() => PersonalityPatch) | null };
}

/** The form of a personality; saving makes a new version. */
export function Editor({ before, focus = null, onSaved, onReload, changes }: Props) {
  const { t } = useTranslation('personalities');
  const saved = usePersonalitySaved();
  const schema = useMemo(() => schemaOf(t), [t]);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [turnOpen, setTurnOpen] = useState(false);
  const form = useForm<PersonalityValues>({
    resolver: zodResolver(schema),
    defaultValues: before ? valuesOf(before) : blank,
  });
  const { register, handleSubmit, setError, setFocus, formState, control } = form;
  const { errors, isSubmitting, isDirty } = formState;
  const isSaved = useRef(false);
  const [voice = '', language = ''] = useWatch({ control, name: ['voice', 'language'] });
  const catalogue = useCatalogue(language);

  const save = handleSubmit(async (values) => {
    setProblem(null);
    try {
      const personality = before ? await savePersonality(before, values) : await createPersonality(values);
      isSaved.current = true;
      await saved(personality);
      onSaved(personality);
    } catch (thrown) {
      setProblem(placeFaults(asProblem(thrown), fieldNames, setError));
    }
  });
  useKeys({ 'mod+s': () => void save() });

  useEffect(() => {
    if (!before || !changes) return;
    changes.current = () => changeOf(before, form.getValues());
    return () => {
      changes.current = null;
    };
  }, [before, changes, form]);

  const goTo = (param: string) => {
    const isTurn = param === 'realtime.turn_detection';
    if (isTurn) setTurnOpen(true);
    const field = isTurn ? 'realtime.turn_detection.type' : param;
    // The part that was closed must be open before anything in it can have the focus.
    requestAnimationFrame(() => setFocus(field as Path<PersonalityValues>));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, where the reader came from
  useEffect(() => {
    if (focus) goTo(focus);
  }, []);

  return (
    <form noValidate onSubmit={save} className="grid gap-4">
      <Unsaved isDirty={() => isDirty && !isSaved.current} />
      {catalogue.failed && (
        <div className="max-md:px-3">
          <Notice kind="warn">
            <p>{t('catalogueFailed')}</p>
            <div>
              <Button size="small" onClick={catalogue.retry}>
                {t('catalogueRetry')}
              </Button>
            </div>
          </Notice>
        </div>
      )}
      <Block>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <TextField label={t('name')} maxLength={80} error={errors.name?.message} {...register('name')} />
          <TextField
            label={t('description')}
            optional
            error={errors.description?.message}
            {...register('description')}
          />
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
          <FirstWords form={form} />
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
      <Block title={t('speech.title')}>
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <VoiceField
            field={register('voice')}
            value={voice}
            voices={catalogue.voices}
            error={errors.voice?.message}
          />
          <ModelSelect
            label={t('model')}
            hint={t('modelHint')}
            models={catalogue.models}
            purpose="chat"
            current={before?.model ?? ''}
            open={before === null}
            error={errors.model?.message}
            {...register('model')}
          />
          <Select
            label={t('fallback.label')}
            hint={t('fallback.hint')}
            error={errors.fallback?.message}
            {...register('fallback')}
          >
            {fallbacks.map((each) => (
              <option key={each} value={each}>
                {t(`fallback.${each}`)}
              </option>
            ))}
          </Select>
          <RecordingFields form={form} />
        </div>
      </Block>
      <RealtimeFields
        form={form}
        models={catalogue.models}
        current={before?.realtime.model ?? ''}
        turnOpen={turnOpen}
        onTurnOpen={setTurnOpen}
      />
      <AskingFields form={form} />
      <Examples control={control} register={register} errors={errors} />
      <Targets control={control} register={register} errors={errors} />
      <DraftReports control={control} before={before} catalogue={catalogue} onField={goTo} />
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
