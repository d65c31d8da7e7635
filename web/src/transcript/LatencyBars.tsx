import { useTranslation } from 'react-i18next';
import { milliseconds } from '@/lib/format';
import { ownMs } from '@/live/wall';
import type { LatencyParts, TurnLatency } from '@/live/wire';
import './strings';

const order = [
  'endpoint_wait',
  'stt_final',
  'queue',
  'tool',
  'approval_wait',
  'model_first',
  'tts_first',
  'carrier_out',
] as const satisfies readonly (keyof LatencyParts)[];

const colours = [
  'bg-caller',
  'bg-caller',
  'bg-ink-3',
  'bg-tool',
  'bg-human',
  'bg-agent',
  'bg-agent',
  'bg-ink-2',
] as const;

/** Where the wait of one turn went; the parts add up to the total. */
export function LatencyBars({ turn }: { turn: TurnLatency }) {
  const { t } = useTranslation('transcript');
  const rows: [string, number, string][] = order
    .map((part, at): [string, number, string] => [
      t(`parts.${part}`),
      turn.parts[part],
      colours[at] ?? 'bg-ink-3',
    ])
    .filter(([, ms]) => ms > 0);
  if (turn.unaccounted_ms > 0) rows.push([t('parts.unaccounted'), turn.unaccounted_ms, 'bg-line-strong']);
  const total = Math.max(1, turn.total_ms);
  return (
    <dl className="grid gap-0.5 text-xs">
      {rows.map(([name, ms, colour]) => (
        <div key={name} className="grid grid-cols-[104px_1fr_64px] items-center gap-2">
          <dt className="text-ink-2">{name}</dt>
          <dd className="contents">
            <span className="h-2 bg-sunken" aria-hidden="true">
              <span className={`block h-full ${colour}`} style={{ inlineSize: `${(ms / total) * 100}%` }} />
            </span>
            <span className="fig text-end">{milliseconds(ms)}</span>
          </dd>
        </div>
      ))}
      <div className="grid grid-cols-[104px_1fr_64px] gap-2 border-t border-line pt-0.5 font-medium">
        <dt className="col-span-2">{t('parts.total')}</dt>
        <dd className="fig text-end">{milliseconds(turn.total_ms)}</dd>
      </div>
    </dl>
  );
}

/** All turns of a call as one strip of columns, with the figures as text beside it. */
export function TurnStrip({ turns, slowMs }: { turns: readonly TurnLatency[]; slowMs: number }) {
  const { t } = useTranslation('transcript');
  const shown = turns.slice(-24);
  const most = Math.max(slowMs, ...shown.map((turn) => turn.total_ms));
  return (
    <ol className="flex h-16 items-end gap-1 border-b border-line">
      {shown.map((turn) => {
        const label = `${t('turn', { turn: turn.turn })}: ${milliseconds(turn.total_ms)}`;
        return (
          <li key={turn.turn} className="flex h-full max-w-4 flex-1 items-end" title={label}>
            <span
              className={`block w-full ${ownMs(turn) > slowMs ? 'bg-warn' : 'bg-agent'}`}
              style={{ blockSize: `${Math.max(4, (turn.total_ms / most) * 100)}%` }}
              aria-hidden="true"
            />
            <span className="sr-only">{label}</span>
          </li>
        );
      })}
    </ol>
  );
}
