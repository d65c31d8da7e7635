import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { changeNumber, useNumbersChanged } from '../model';
import { PersonalitySelect } from './PersonalitySelect';

/** Label of a number and who answers it. */
export function EditDialog({ number, onClose }: { number: PhoneNumber | null; onClose: () => void }) {
  const { t } = useTranslation('numbers');
  return (
    <Dialog
      open={number !== null}
      onClose={onClose}
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
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await changeNumber(number.id, { label: label.trim(), personality_id: personality || undefined });
      await changed();
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={save} className="grid gap-4">
      <TextField
        label={t('label')}
        optional
        hint={t('labelHint')}
        maxLength={64}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <PersonalitySelect value={personality} onChange={setPersonality} />
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('common:save')}
        </Button>
      </Buttons>
    </form>
  );
}
