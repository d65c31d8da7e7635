import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Contact } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { deleteContact, useContactsChanged } from '../model';

export function DeleteContact({ contact, onClose }: { contact: Contact | null; onClose: () => void }) {
  const { t } = useTranslation(['contacts', 'common']);
  const changed = useContactsChanged();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const remove = async () => {
    if (!contact) return;
    setBusy(true);
    setProblem(null);
    try {
      await deleteContact(contact.id);
      await changed();
      close();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  const who = contact ? contact.name || phone(contact.e164) : '';
  return (
    <Dialog
      open={contact !== null}
      onClose={close}
      title={t('deleteTitle', { who })}
      description={t('deleteHint')}
    >
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={close}>{t('common:cancel')}</Button>
        <Button kind="grave" busy={busy} onClick={() => void remove()}>
          {t('deleteSubmit')}
        </Button>
      </Buttons>
    </Dialog>
  );
}
