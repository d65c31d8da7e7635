import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SubmissionKey } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import type { ChosenEngine } from '@/engines/engines';
import { FormProblem, sortFaults, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { useNumbersChanged } from '../model';
import { Answering } from './Answering';

/** What is set on a number from its first day. */
export interface FirstSettings {
  label?: string;
  personality_id?: string;
  engine: ChosenEngine;
}

interface Props<Field extends string> {
  /** Faults of these are shown by `head`. */
  fields: readonly Field[];
  head: (faults: Partial<Record<Field, string>>) => ReactNode;
  /** What `head` holds; with the settings it makes one submission. */
  input: object;
  send: (settings: FirstSettings, key: string) => Promise<PhoneNumber>;
  submit: string;
  back: string;
  onBack: () => void;
  onDone: (e164: string) => void;
}

/** The end of getting a number, bought or brought: its label, who answers, and the press that does it. */
export function NewNumberForm<Field extends string = never>(props: Props<Field>) {
  const { fields, head, input, send, onBack, onDone } = props;
  const { t } = useTranslation('numbers');
  const changed = useNumbersChanged();
  const [label, setLabel] = useState('');
  const [personality, setPersonality] = useState('');
  const [engine, setEngine] = useState<ChosenEngine>('relay');
  const [key] = useState(() => new SubmissionKey());
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const { faults, rest } = sortFaults<Field | 'label' | 'personality_id' | 'engine'>(problem, [
    ...fields,
    'label',
    'personality_id',
    'engine',
  ]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const settings = {
      label: label.trim() || undefined,
      personality_id: personality || undefined,
      engine,
    };
    try {
      const number = await send(settings, key.for({ ...input, ...settings }));
      key.done();
      await changed();
      onDone(number.e164);
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (!failed.retryable) key.done();
      if (failed.code !== 'step_up_required') setProblem(failed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
      {head(faults)}
      <TextField
        label={t('label')}
        optional
        hint={t('labelHint')}
        maxLength={64}
        error={faults.label}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <Answering
        personality={personality}
        engine={engine}
        faults={faults}
        onPersonality={setPersonality}
        onEngine={setEngine}
      />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onBack}>{props.back}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {props.submit}
        </Button>
      </Buttons>
    </form>
  );
}
