import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '@/api/types';
import { dateTime } from '@/lib/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Facts } from '@/ui/Page';
import { type Column, Table } from '@/ui/Table';
import { addressOf, plainText, tellOf } from '../model';

export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  const { t } = useTranslation('audit');
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const columns: Column<AuditEntry>[] = [
    {
      id: 'when',
      label: t('when'),
      cell: ({ at }) => <span className="fig whitespace-nowrap">{dateTime(at)}</span>,
    },
    { id: 'who', label: t('who'), cell: (entry) => <Who entry={entry} /> },
    {
      id: 'what',
      label: t('what'),
      cell: ({ action }) => <Action action={action} />,
    },
    {
      id: 'target',
      label: t('target'),
      cell: ({ target }) =>
        target ? (
          <Link
            to="/audit"
            search={{ target }}
            className="fig break-all text-brand underline decoration-line-strong underline-offset-3"
          >
            {target}
          </Link>
        ) : (
          '–'
        ),
    },
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
        {open && <Details entry={open} />}
      </Dialog>
    </>
  );
}

/** An act as the API calls it, which is what filters and programs take. */
function Action({ action }: { action: string }) {
  return (
    <span data-verbatim="" className="font-mono text-xs">
      {action}
    </span>
  );
}

function Who({ entry: { actor, actor_name } }: { entry: AuditEntry }) {
  const { t } = useTranslation('audit');
  return (
    <span className="grid">
      <span>{actor_name ?? (actor === 'system' ? t('system') : '')}</span>
      {actor !== 'system' && (
        <Link
          to="/audit"
          search={{ actor }}
          className="fig break-all text-brand underline decoration-line-strong underline-offset-3"
        >
          {actor}
        </Link>
      )}
    </span>
  );
}

function Details({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation('audit');
  const { changes, facts } = tellOf(entry);
  const address = addressOf(entry);
  return (
    <div className="grid gap-5">
      <Facts
        rows={[
          [t('what'), <Action key="what" action={entry.action} />],
          [t('who'), <Who key="who" entry={entry} />],
          [
            t('target'),
            <span key="target" className="fig break-all">
              {entry.target || '–'}
            </span>,
          ],
          [t('where'), address ?? '–'],
          ...facts.map(([name, value]): [string, ReactNode] => [
            name || t('details'),
            <span key={name} data-verbatim="" className="break-words" dir="auto">
              {plainText(value)}
            </span>,
          ]),
          [
            t('hash'),
            <span key="hash" className="fig break-all">
              {entry.hash}
            </span>,
          ],
        ]}
      />
      {changes.length > 0 ? (
        <table className="w-full border-collapse text-sm">
          <thead>
            <tr className="border-b border-line">
              {(['field', 'before', 'after'] as const).map((name) => (
                <th key={name} scope="col" className="py-1.5 pe-3 text-start text-xs font-medium text-ink-3">
                  {t(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {changes.map(({ name, before, after }) => (
              <tr key={name} className="border-b border-line align-top">
                <th
                  data-verbatim=""
                  scope="row"
                  className="py-1.5 pe-3 text-start font-mono text-xs font-normal"
                >
                  {name}
                </th>
                <td className="py-1.5 pe-3 break-words text-ink-2" dir="auto">
                  {plainText(before)}
                </td>
                <td className="py-1.5 break-words" dir="auto">
                  {plainText(after)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        facts.length === 0 && <p className="text-ink-2">{t('noDetails')}</p>
      )}
    </div>
  );
}
