import { Link } from '@tanstack/react-router';
import { PanelRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { endedWords, farEnd } from '@/lib/ended';
import { dateTime, duration, milliseconds, money, phone } from '@/lib/format';
import { slowMs } from '@/live/wall';
import { Button } from '@/ui/Button';
import { LampShape, lampWord } from '@/ui/Lamp';
import { type Column, Table } from '@/ui/Table';

interface Props {
  calls: readonly Call[];
  /** The call that is looked at beside the list. */
  peeked: string | undefined;
  onPeek: (id: string | undefined) => void;
}

export function CallsTable({ calls, peeked, onPeek }: Props) {
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
          aria-expanded={peeked === call.id}
          aria-controls={peeked ? 'peek' : undefined}
          onKeyDown={(event) => {
            if (event.key !== ' ') return;
            event.preventDefault();
            onPeek(peeked === call.id ? undefined : call.id);
          }}
          onFocus={() => {
            // With one open, walking the rows walks what is looked at.
            if (peeked && peeked !== call.id) onPeek(call.id);
          }}
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
            <span className="min-w-0">{endedWords(call) ?? t(`common:state.${word}`)}</span>
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
    {
      id: t('peek.column'),
      label: '',
      minor: true,
      cell: (call) => (
        <Button
          size="little"
          kind="quiet"
          aria-label={t('peek.of', { number: phone(farEnd(call)), time: dateTime(call.created_at) })}
          aria-pressed={peeked === call.id}
          onClick={() => onPeek(peeked === call.id ? undefined : call.id)}
        >
          <PanelRight size={16} aria-hidden="true" />
        </Button>
      ),
    },
  ];
  // Beside an open look there is room for what tells calls apart.
  const shown = peeked
    ? columns.filter(({ id }) => !['direction', 'personality', 'p95'].includes(id))
    : columns;
  return <Table caption={t('caption')} columns={shown} rows={calls} keyOf={(call) => call.id} />;
}

function PhoneText({ e164 }: { e164: string }) {
  return <span className="fig whitespace-nowrap">{phone(e164)}</span>;
}
