import { useTranslation } from 'react-i18next';
import type { Contact } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { phone } from '@/lib/format';
import { deleteContact, useContactsChanged } from '../model';

export function DeleteContact({ contact, onClose }: { contact: Contact | null; onClose: () => void }) {
  const { t } = useTranslation('contacts');
  const changed = useContactsChanged();
  return (
    <Confirm
      open={contact !== null}
      title={t('deleteTitle', { who: contact ? contact.name || phone(contact.e164) : '' })}
      hint={t('deleteHint')}
      submit={t('deleteSubmit')}
      run={async () => {
        if (contact) await deleteContact(contact.id);
        await changed();
      }}
      onClose={onClose}
    />
  );
}
