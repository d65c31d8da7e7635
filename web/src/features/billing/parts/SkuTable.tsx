import { useTranslation } from 'react-i18next';
import type { Usage, UsageRow } from '@/api/types';
import { amountOf, money } from '@/lib/format';
import { SkuCode } from '@/lib/SkuCode';
import { skuName } from '@/lib/sku';
import { type Column, Table } from '@/ui/Table';

export function SkuTable({ usage }: { usage: Usage }) {
  const { t } = useTranslation('billing');
  const { currency } = usage.total;
  const total = Number(usage.total.amount) || 1;
  const rows = usage.data.toSorted((a, b) => Number(b.amount) - Number(a.amount));
  const columns: Column<UsageRow>[] = [
    { id: 'sku', label: t('sku'), lead: true, cell: ({ sku }) => <Sku sku={sku} /> },
    {
      id: 'share',
      label: t('share'),
      cell: ({ amount }) => (
        <span className="block h-2 w-full min-w-24 bg-sunken" aria-hidden="true">
          <span
            className="block h-full bg-agent"
            style={{ inlineSize: `${Math.min(100, (Number(amount) / total) * 100)}%` }}
          />
        </span>
      ),
    },
    {
      id: 'quantity',
      label: t('quantity'),
      figure: true,
      cell: ({ quantity, unit }) => {
        const amount = amountOf(quantity);
        return isUnit(unit)
          ? t(`unit.${unit}`, { count: quantity, amount })
          : t('unit.other', { amount, unit });
      },
    },
    { id: 'amount', label: t('amount'), figure: true, cell: ({ amount }) => money({ amount, currency }) },
  ];
  return <Table caption={t('caption')} columns={columns} rows={rows} keyOf={(row) => row.sku} />;
}

/** In words, and as accounts and exports name it. */
function Sku({ sku }: { sku: string }) {
  const { t } = useTranslation('common');
  const name = skuName(sku, t);
  return (
    <>
      {name && <span className="block">{name}</span>}
      <span className={name ? 'text-ink-3' : ''}>
        <SkuCode sku={sku} />
      </span>
    </>
  );
}

const units = ['minute', 'token', 'month', 'call', 'number-month'] as const;

function isUnit(unit: string): unit is (typeof units)[number] {
  return (units as readonly string[]).includes(unit);
}
