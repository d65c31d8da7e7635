import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { dateTime, duration, milliseconds, money, phone } from '@/lib/format';
import { slowMs } from '@/live/wall';
import { LampShape, lampWord } from '@/ui/Lamp';
import { type Column, Table } from '@/ui/Table';
import { endedWords } from '../ended';

export function CallsTable({ calls }: { calls: readonly Call[] }) {
  const { t } = useTranslation(['calls', 'common']);
  const columns: Column<Call>[] = [
    {
      id: 'time',
      label: t('time'),
      cell: (call) => (
        <Link
          to="/calls/$call"
          params={{ call: call.id }}
          data-row=""
          className="fig whitespace-nowrap text-brand underline decoration-line-strong underline-offset-3"
          aria-label={
            call.direction === 'outbound'
              ? t('openTo', { number: phone(call.to), time: dateTime(call.created_at) })
              : t('open', { caller: phone(call.from), time: dateTime(call.created_at) })
          }
        >
          {dateTime(call.created_at)}
        </Link>
      ),
    },
    {
      id: 'direction',
      minor: true,
      label: t('direction'),
      cell: ({ direction }) => t(`common:direction.${direction}`),
    },
    { id: 'caller', label: t('caller'), cell: ({ from }) => <PhoneText e164={from} /> },
    { id: 'called', label: t('called'), cell: ({ to }) => <PhoneText e164={to} /> },
    { id: 'personality', label: t('personality'), cell: ({ personality }) => personality?.name ?? '–' },
    {
      id: 'length',
      label: t('length'),
      figure: true,
      cell: ({ duration_ms }) => (duration_ms == null ? '–' : duration(duration_ms)),
    },
    {
      id: 'outcome',
      label: t('outcome'),
      cell: (call) => {
        const word = lampWord(call);
        return (
          <span className="flex items-center gap-2">
            <LampShape word={word} />
            <span className="min-w-0">{endedWords(call, t) ?? t(`common:state.${word}`)}</span>
          </span>
        );
      },
    },
    {
      id: 'p95',
      minor: true,
      label: t('p95'),
      figure: true,
      cell: ({ latency }) =>
        latency ? (
          <span className={latency.p95 > slowMs ? 'text-warn' : ''}>{milliseconds(latency.p95)}</span>
        ) : (
          '–'
        ),
    },
    { id: 'cost', label: t('cost'), figure: true, cell: ({ cost }) => (cost ? money(cost) : '–') },
  ];
  return <Table caption={t('caption')} columns={columns} rows={calls} keyOf={(call) => call.id} />;
}

function PhoneText({ e164 }: { e164: string }) {
  return <span className="fig whitespace-nowrap">{phone(e164)}</span>;
}
