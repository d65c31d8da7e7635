import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import { type ChosenEngine, isChosen } from '@/engines/engines';
import { phone } from '@/lib/format';
import { FormProblem, sortFaults } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextArea, TextField } from '@/ui/Field';
import { changeNumber, useNumbersChanged } from '../model';
import { Answering } from './Answering';

/** Label of a number, who answers it and how, and what happens when nobody can. */
export function EditDialog({ number, onClose }: { number: PhoneNumber | null; onClose: () => void }) {
  const { t } = useTranslation('numbers');
  return (
    <Dialog
      open={number !== null}
      onClose={onClose}
      place="drawer"
      title={t('editTitle', { number: number ? phone(number.e164) : '' })}
    >
      {number && <EditForm key={number.id} number={number} onClose={onClose} />}
    </Dialog>
  );
}

function EditForm({ number, onClose }: { number: PhoneNumber; onClose: () => void }) {
  const { t } = useTranslation(['numbers', 'common']);
  const changed = useNumbersChanged();
  const [label, setLabel] = useState(number.label);
  const [personality, setPersonality] = useState(number.personality?.id ?? '');
  const [engine, setEngine] = useState<ChosenEngine>(isChosen(number.engine) ? number.engine : 'relay');
  const [busyMessage, setBusyMessage] = useState(number.busy_message);
  const [overflow, setOverflow] = useState(number.overflow_e164 ?? '');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await changeNumber(number.id, {
        label: label.trim(),
        personality_id: personality || undefined,
        engine,
        busy_message: busyMessage.trim(),
        overflow_e164: overflow.trim(),
      });
      await changed();
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  const { faults, rest } = sortFaults(problem, fields);
  return (
    <form onSubmit={save} className="grid gap-4">
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
      <TextField
        label={t('overflow')}
        optional
        mono
        inputMode="tel"
        autoComplete="off"
        placeholder={t('overflowPlaceholder')}
        hint={t('overflowHint')}
        error={faults.overflow_e164}
        value={overflow}
        onChange={(event) => setOverflow(event.target.value)}
      />
      <TextArea
        label={t('busyMessage')}
        optional
        rows={2}
        maxLength={300}
        dir="auto"
        hint={t('busyMessageHint')}
        error={faults.busy_message}
        value={busyMessage}
        onChange={(event) => setBusyMessage(event.target.value)}
      />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('common:save')}
        </Button>
      </Buttons>
    </form>
  );
}

const fields = ['label', 'personality_id', 'engine', 'overflow_e164', 'busy_message'] as const;
