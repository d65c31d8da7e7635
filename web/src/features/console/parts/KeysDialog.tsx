import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { acts } from '@/live/live';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { digitsPattern } from '../model';

interface Props {
  call: string;
  open: boolean;
  onClose: () => void;
}

const pad = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** A key pad; what was pressed is shown before it is sent. */
export function KeysDialog({ call, open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('keysTitle')} description={t('keysHint')}>
      <KeysForm call={call} onClose={onClose} />
    </Dialog>
  );
}

function KeysForm({ call, onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation(['console', 'common']);
  const [digits, setDigits] = useState('');
  const good = digitsPattern.test(digits);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!good) return;
    acts.act(call, { type: 'dtmf', digits });
    onClose();
  };
  return (
    <form onSubmit={send} className="grid gap-3">
      <TextField
        label={t('digits')}
        data-first=""
        mono
        autoComplete="off"
        inputMode="tel"
        value={digits}
        error={digits && !good ? t('digitsFault') : undefined}
        onChange={(event) => setDigits(event.target.value)}
      />
      <div className="grid w-48 grid-cols-3 gap-2 justify-self-center">
        {pad.map((key) => (
          <Button key={key} onClick={() => setDigits((now) => now + key)}>
            <span className="font-mono">{key}</span>
          </Button>
        ))}
      </div>
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" disabled={!good}>
          {t('sendKeys')}
        </Button>
      </Buttons>
    </form>
  );
}
