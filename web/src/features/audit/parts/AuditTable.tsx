import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/types';
import { dateTime } from '@/lib/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { type Column, Table } from '@/ui/Table';
import { addressOf } from '../model';
import { Details } from './Details';
import { Action, Target, useNameOf, Who } from './Names';

export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  const { t } = useTranslation('audit');
  const nameOf = useNameOf();
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const columns: Column<AuditEntry>[] = [
    {
      id: 'when',
      label: t('when'),
      cell: ({ at }) => <span className="fig whitespace-nowrap">{dateTime(at)}</span>,
    },
    { id: 'what', label: t('what'), lead: true, cell: ({ action }) => <Action action={action} /> },
    { id: 'who', label: t('who'), cell: (entry) => <Who entry={entry} nameOf={nameOf} /> },
    { id: 'target', label: t('target'), cell: ({ target }) => <Target target={target} nameOf={nameOf} /> },
    {
      id: 'where',
      label: t('where'),
      minor: true,
      cell: (entry) => <span className="fig break-all">{addressOf(entry) ?? '–'}</span>,
    },
    {
      id: t('details'),
      label: '',
      cell: (entry) => (
        <span className="flex md:justify-end">
          <Button
            size="small"
            kind="quiet"
            data-row=""
            aria-label={t('detailsOf', { seq: entry.seq })}
            onClick={() => setOpen(entry)}
          >
            {t('details')}
          </Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <Table caption={t('caption')} columns={columns} rows={entries} keyOf={({ seq }) => String(seq)} />
      <Dialog
        open={open !== null}
        onClose={() => setOpen(null)}
        place="drawer"
        title={open ? t('act', { seq: open.seq }) : ''}
        description={open ? dateTime(open.at) : undefined}
      >
        {open && <Details entry={open} nameOf={nameOf} />}
      </Dialog>
    </>
  );
}
