import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { PhoneNumber } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { isWarning } from '@/engines/engines';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Button, ButtonLink } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';
import { Status } from './Status';

export function NumbersTable({
  numbers,
  onRelease,
}: {
  numbers: readonly PhoneNumber[];
  onRelease: (number: PhoneNumber) => void;
}) {
  const { t } = useTranslation(['numbers', 'common']);
  const configures = useCan('number.configure');
  const releases = useCan('number.release');
  const columns: Column<PhoneNumber>[] = [
    {
      id: 'number',
      label: t('number'),
      cell: ({ id, e164 }) => (
        <Link
          to="/numbers/$id"
          params={{ id }}
          data-row=""
          className="font-mono text-xs font-medium whitespace-nowrap text-brand underline decoration-line-strong underline-offset-3"
        >
          {phone(e164)}
        </Link>
      ),
    },
    {
      id: 'label',
      label: t('label'),
      cell: ({ label }) => label || <span className="text-ink-3">{t('noLabel')}</span>,
    },
    {
      id: 'personality',
      label: t('personality'),
      cell: ({ personality, caller_policy: policy, hours }) => (
        <span className="grid gap-0.5">
          {personality?.name ?? <span className="text-ink-3">{t('nobody')}</span>}
          {policy !== 'open' && <span className="text-xs text-ink-3">{t(`callers.short.${policy}`)}</span>}
          {hours && <span className="text-xs text-ink-3">{t('hours.short')}</span>}
        </span>
      ),
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
      cell: (number) => <Status number={number} />,
    },
  ];
  if (configures || releases) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (number) => (
        <span className="flex justify-end gap-1">
          {configures && (
            <ButtonLink
              to="/numbers/$id"
              params={{ id: number.id }}
              size="small"
              kind="quiet"
              aria-label={t('edit', { number: phone(number.e164) })}
            >
              <Pencil size={14} aria-hidden="true" />
              {t('editShort')}
            </ButtonLink>
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
