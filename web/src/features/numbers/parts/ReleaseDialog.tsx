import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { confirms, releaseNumber, useNumbersChanged } from '../model';

/** Gives a number back, once it has been typed. */
export function ReleaseDialog({
  number,
  onClose,
  onReleased = onClose,
}: {
  number: PhoneNumber | null;
  onClose: () => void;
  onReleased?: () => void;
}) {
  const { t } = useTranslation('numbers');
  return (
    <Dialog
      open={number !== null}
      onClose={onClose}
      title={t('releaseTitle', { number: number ? phone(number.e164) : '' })}
      description={t('releaseHint')}
    >
      {number && <ReleaseForm key={number.id} number={number} onClose={onClose} onReleased={onReleased} />}
    </Dialog>
  );
}

function ReleaseForm({
  number,
  onClose,
  onReleased,
}: {
  number: PhoneNumber;
  onClose: () => void;
  onReleased: () => void;
}) {
  const { t } = useTranslation(['numbers', 'common']);
  const changed = useNumbersChanged();
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const matches = confirms(typed, number.e164);
  const release = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!matches) return;
    setBusy(true);
    setProblem(null);
    try {
      await releaseNumber(number.id);
      await changed();
      onReleased();
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (failed.code !== 'step_up_required') setProblem(failed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={release} className="grid gap-4">
      <TextField
        label={t('releaseType')}
        mono
        autoComplete="off"
        value={typed}
        error={tried && !matches ? t('releaseFault', { number: phone(number.e164) }) : undefined}
        onChange={(event) => setTyped(event.target.value)}
      />
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="grave" busy={busy}>
          {t('releaseSubmit')}
        </Button>
      </Buttons>
    </form>
  );
}
