import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SubmissionKey } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { ChosenEngine } from '@/engines/engines';
import { FormProblem, sortFaults, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { importNumber, useNumbersChanged } from '../model';
import { Answering } from './Answering';

interface Props {
  onClose: () => void;
  onImported: (e164: string) => void;
}

/** Takes over a number that the company already holds at the carrier. */
export function ImportDrawer({ open, ...props }: Props & { open: boolean }) {
  const { t } = useTranslation('numbers');
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      place="drawer"
      title={t('import.title')}
      description={t('import.hint')}
    >
      <ImportForm {...props} />
    </Dialog>
  );
}

function ImportForm({ onClose, onImported }: Props) {
  const { t } = useTranslation(['numbers', 'common']);
  const changed = useNumbersChanged();
  const [number, setNumber] = useState('');
  const [label, setLabel] = useState('');
  const [personality, setPersonality] = useState('');
  const [engine, setEngine] = useState<ChosenEngine>('relay');
  const [key] = useState(() => new SubmissionKey());
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const { faults, rest } = sortFaults(problem, ['sid', 'e164', 'label', 'personality_id', 'engine']);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const isSid = /^PN/i.test(number.trim());
    const input = {
      ...(isSid ? { sid: number.trim() } : { e164: number.trim() }),
      label: label.trim() || undefined,
      personality_id: personality || undefined,
      engine,
    };
    try {
      const taken = await importNumber(input, key.for(input));
      key.done();
      await changed();
      onImported(taken.e164);
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
      <TextField
        label={t('import.sid')}
        mono
        required
        autoComplete="off"
        hint={t('import.sidHint')}
        maxLength={64}
        error={faults.e164 ?? faults.sid}
        value={number}
        onChange={(event) => setNumber(event.target.value)}
      />
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
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('import.submit')}
        </Button>
      </Buttons>
    </form>
  );
}
