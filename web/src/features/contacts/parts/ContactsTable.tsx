import { PhoneOutgoing } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Contact } from '@/api/types';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button, ButtonLink } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';

interface Props {
  contacts: readonly Contact[];
  onEdit: (contact: Contact) => void;
  onDelete: (contact: Contact) => void;
}

export function ContactsTable({ contacts, onEdit, onDelete }: Props) {
  const { t } = useTranslation(['contacts', 'common']);
  const writes = useCan('contact.write');
  const calls = useCan('call.create');
  const columns: Column<Contact>[] = [
    {
      id: 'name',
      label: t('name'),
      cell: ({ name }) => (
        <span dir="auto" className="font-medium">
          {name || <span className="font-normal text-ink-3">{t('noName')}</span>}
        </span>
      ),
    },
    {
      id: 'number',
      label: t('number'),
      cell: ({ e164 }) => <span className="fig whitespace-nowrap">{phone(e164)}</span>,
    },
    {
      id: 'plan',
      label: t('plan'),
      cell: ({ plan }) => <Chip tone={plan === 'premium' ? 'brand' : 'plain'}>{t(`plans.${plan}`)}</Chip>,
    },
    {
      id: 'verified',
      label: t('verified'),
      cell: ({ verified }) =>
        verified ? (
          <Chip tone="ok">{t('isVerified')}</Chip>
        ) : (
          <span className="text-ink-3">{t('notVerified')}</span>
        ),
    },
    {
      id: 'attributes',
      minor: true,
      label: t('attributes'),
      cell: ({ attributes }) => (
        <span dir="auto" className="line-clamp-2 text-sm break-words text-ink-2">
          {Object.entries(attributes)
            .map(([name, value]) => `${name}: ${String(value)}`)
            .join(', ') || '–'}
        </span>
      ),
    },
  ];
  if (writes || calls) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (contact) => {
        const who = contact.name || phone(contact.e164);
        return (
          <span className="flex justify-end gap-1">
            {calls && (
              <ButtonLink
                to="/calls"
                search={{ place: true, ring: contact.e164 }}
                size="small"
                kind="quiet"
                aria-label={t('ring', { who })}
              >
                <PhoneOutgoing size={14} aria-hidden="true" />
                {t('ringShort')}
              </ButtonLink>
            )}
            {writes && (
              <>
                <Button
                  size="small"
                  kind="quiet"
                  aria-label={t('edit', { who })}
                  onClick={() => onEdit(contact)}
                >
                  {t('editShort')}
                </Button>
                <Button
                  size="small"
                  kind="quiet"
                  aria-label={t('delete', { who })}
                  onClick={() => onDelete(contact)}
                >
                  {t('deleteShort')}
                </Button>
              </>
            )}
          </span>
        );
      },
    });
  }
  return <Table caption={t('caption')} columns={columns} rows={contacts} keyOf={({ id }) => id} />;
}
