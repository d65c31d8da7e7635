import { useTranslation } from 'react-i18next';
import type { NumberPool } from '@/api/types';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Button } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';

interface Props {
  pools: readonly NumberPool[];
  onEdit: (pool: NumberPool) => void;
  onDelete: (pool: NumberPool) => void;
}

const shown = 3;

export function PoolsTable({ pools, onEdit, onDelete }: Props) {
  const { t } = useTranslation(['pools', 'common']);
  const configures = useCan('number.configure');
  const columns: Column<NumberPool>[] = [
    { id: 'name', label: t('name'), cell: ({ name }) => <span className="font-medium">{name}</span> },
    { id: 'strategy', label: t('strategy'), cell: ({ strategy }) => t(`strategies.${strategy}`) },
    {
      id: 'numbers',
      label: t('numbers'),
      cell: ({ numbers }) =>
        numbers.length === 0 ? (
          <span className="text-warn">{t('noNumbers')}</span>
        ) : (
          <span className="grid gap-0.5">
            {numbers.slice(0, shown).map(({ id, e164, active, uses }) => (
              <span key={id} className="flex flex-wrap items-baseline gap-x-2">
                <span className="fig whitespace-nowrap">{phone(e164)}</span>
                <span className="text-xs text-ink-3">
                  {active ? t('uses', { count: uses }) : t('inactive')}
                </span>
              </span>
            ))}
            {numbers.length > shown && (
              <span className="text-xs text-ink-3">{t('others', { count: numbers.length - shown })}</span>
            )}
          </span>
        ),
    },
  ];
  if (configures) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (pool) => (
        <span className="flex justify-end gap-1">
          <Button
            size="small"
            kind="quiet"
            aria-label={t('edit', { name: pool.name })}
            onClick={() => onEdit(pool)}
          >
            {t('editShort')}
          </Button>
          <Button
            size="small"
            kind="quiet"
            aria-label={t('delete', { name: pool.name })}
            onClick={() => onDelete(pool)}
          >
            {t('deleteShort')}
          </Button>
        </span>
      ),
    });
  }
  return <Table caption={t('caption')} columns={columns} rows={pools} keyOf={({ id }) => id} />;
}
