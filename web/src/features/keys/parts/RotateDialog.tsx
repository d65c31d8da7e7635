import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SubmissionKey } from '@/api/client';
import type { ApiKey } from '@/api/types';
import { FormProblem, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Select } from '@/ui/Field';
import { rotateKey, useKeysChanged } from '../model';

const overlaps = [0, 1, 24, 72, 168] as const;

interface Props {
  onClose: () => void;
  onRotated: (secret: string) => void;
}

/** Puts another key in a key's place, with time for programs to change over. */
export function RotateDialog({ apiKey, ...props }: Props & { apiKey: ApiKey | null }) {
  const { t } = useTranslation('keys');
  return (
    <Dialog
      open={apiKey !== null}
      onClose={props.onClose}
      title={t('rotateTitle', { name: apiKey?.name ?? '' })}
      description={t('rotateHint')}
    >
      {apiKey && <RotateForm {...props} apiKey={apiKey} />}
    </Dialog>
  );
}

function RotateForm({ apiKey, onClose, onRotated }: Props & { apiKey: ApiKey }) {
  const { t } = useTranslation(['keys', 'common']);
  const changed = useKeysChanged();
  const [hours, setHours] = useState(24);
  const [key] = useState(() => new SubmissionKey());
  const { busy, problem, act } = useAct();
  const rotate = () =>
    act(async () => {
      const made = await rotateKey(apiKey.id, hours, key.for({ id: apiKey.id, hours }));
      key.done();
      await changed();
      onRotated(made.key);
    });
  return (
    <div className="grid gap-4">
      <Select
        label={t('rotateOverlap')}
        value={hours}
        onChange={(event) => setHours(Number(event.target.value))}
      >
        {overlaps.map((each) => (
          <option key={each} value={each}>
            {each === 0 ? t('rotateNow') : each === 168 ? t('rotateWeek') : t('rotateHours', { count: each })}
          </option>
        ))}
      </Select>
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button kind="primary" busy={busy} onClick={() => void rotate()}>
          {t('rotateSubmit')}
        </Button>
      </Buttons>
    </div>
  );
}
