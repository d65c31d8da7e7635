import { Pencil } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { PhoneNumber } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { isWarning } from '@/engines/engines';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';

const tones = { pending: 'warn', active: 'ok', failed: 'danger', released: 'plain' } as const;
type State = keyof typeof tones;

export function NumbersTable({
  numbers,
  onEdit,
  onRelease,
}: {
  numbers: readonly PhoneNumber[];
  onEdit: (number: PhoneNumber) => void;
  onRelease: (number: PhoneNumber) => void;
}) {
  const { t } = useTranslation(['numbers', 'common']);
  const configures = useCan('number.configure');
  const releases = useCan('number.release');
  const columns: Column<PhoneNumber>[] = [
    {
      id: 'number',
      label: t('number'),
      cell: (number) => <span className="font-mono text-xs font-medium">{phone(number.e164)}</span>,
    },
    {
      id: 'label',
      label: t('label'),
      cell: ({ label }) => label || <span className="text-ink-3">{t('noLabel')}</span>,
    },
    {
      id: 'personality',
      label: t('personality'),
      cell: ({ personality }) => personality?.name ?? <span className="text-ink-3">{t('nobody')}</span>,
    },
    {
      id: 'engine',
      label: t('engine'),
      cell: ({ engine, capability, overflow_e164: overflow }) => (
        <span className="grid justify-items-start gap-1">
          <EngineBadge engine={engine} />
          {capability?.notes.filter(isWarning).map(({ code, detail }) => (
            <span key={code} className="text-xs text-warn">
              {detail}
            </span>
          ))}
          {overflow && (
            <span className="text-xs text-ink-3">{t('overflowTo', { number: phone(overflow) })}</span>
          )}
        </span>
      ),
    },
    {
      id: 'status',
      label: t('status'),
      cell: ({ status, failure }) => (
        <span className="grid justify-items-start gap-1">
          <Chip tone={tones[status as State] ?? 'plain'}>
            {status in tones ? t(`state.${status as State}`) : status}
          </Chip>
          {failure && <span className="text-xs text-danger">{failure}</span>}
        </span>
      ),
    },
  ];
  if (configures || releases) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (number) => (
        <span className="flex justify-end gap-1">
          {configures && (
            <Button
              size="small"
              kind="quiet"
              aria-label={t('edit', { number: phone(number.e164) })}
              onClick={() => onEdit(number)}
            >
              <Pencil size={14} aria-hidden="true" />
              {t('editShort')}
            </Button>
          )}
          {releases && number.status === 'active' && (
            <Button
              size="small"
              kind="quiet"
              aria-label={t('release', { number: phone(number.e164) })}
              onClick={() => onRelease(number)}
            >
              {t('releaseShort')}
            </Button>
          )}
        </span>
      ),
    });
  }
  return <Table caption={t('caption')} columns={columns} rows={numbers} keyOf={(number) => number.id} />;
}
