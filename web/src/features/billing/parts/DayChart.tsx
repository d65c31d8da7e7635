import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayOf, money } from '@/lib/format';
import { Segments } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Table } from '@/ui/Table';
import type { DaySum } from '../model';

/** Cost of each day: columns, or the same as a table. */
export function DayChart({ days, currency }: { days: readonly DaySum[]; currency: string }) {
  const { t } = useTranslation('billing');
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const cost = (amount: number) => money({ amount: amount.toFixed(6), currency });
  return (
    <Block
      title={t('byDay')}
      pad={view === 'chart'}
      actions={
        <Segments
          label={t('view')}
          value={view}
          choices={[
            { value: 'chart', label: t('asChart') },
            { value: 'table', label: t('asTable') },
          ]}
          onChange={setView}
        />
      }
    >
      {view === 'chart' ? (
        <Columns days={days} cost={cost} />
      ) : (
        <Table
          caption={t('dayCaption')}
          rows={days}
          keyOf={({ day }) => day}
          columns={[
            { id: 'day', label: t('day'), cell: ({ day }) => dayOf(day) },
            { id: 'amount', label: t('amount'), figure: true, cell: ({ amount }) => cost(amount) },
          ]}
        />
      )}
    </Block>
  );
}

function Columns({ days, cost }: { days: readonly DaySum[]; cost: (amount: number) => string }) {
  const { t } = useTranslation('billing');
  const most = Math.max(...days.map(({ amount }) => amount), 0.000001);
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="grid gap-1" aria-label={t('dayCaption')}>
      <div className="fig flex justify-between text-ink-3">
        <span>{cost(most)}</span>
      </div>
      <ol className="flex h-36 items-end gap-px border-y border-line md:gap-1">
        {days.map(({ day, amount }) => {
          const label = `${dayOf(day)}: ${cost(amount)}`;
          return (
            <li
              key={day}
              title={label}
              className="group flex h-full min-w-0 flex-1 items-end hover:bg-sunken"
            >
              <span
                className="block w-full bg-agent"
                style={{ blockSize: amount > 0 ? `max(2px, ${(amount / most) * 100}%)` : 0 }}
                aria-hidden="true"
              />
              <span className="sr-only">{label}</span>
            </li>
          );
        })}
      </ol>
      <div className="fig flex justify-between text-ink-3" aria-hidden="true">
        <span>{first && dayOf(first.day)}</span>
        <span>{last && dayOf(last.day)}</span>
      </div>
    </figure>
  );
}
