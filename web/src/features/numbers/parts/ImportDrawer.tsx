import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { importNumber } from '../model';
import { NewNumberForm } from './NewNumberForm';

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
  const [number, setNumber] = useState('');
  const written = number.trim();
  const input = /^PN/i.test(written) ? { sid: written } : { e164: written };
  return (
    <NewNumberForm
      fields={['sid', 'e164']}
      head={(faults) => (
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
      )}
      input={input}
      send={(settings, key) => importNumber({ ...input, ...settings }, key)}
      submit={t('import.submit')}
      back={t('common:cancel')}
      onBack={onClose}
      onDone={onImported}
    />
  );
}
