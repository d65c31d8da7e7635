import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { engineNow } from '@/engines/engines';
import { dateTime, milliseconds, phone } from '@/lib/format';
import { slowMs } from '@/live/wall';
import type { Snapshot } from '@/live/wire';
import { LatencyBars, TurnStrip } from '@/transcript/LatencyBars';
import { Facts } from '@/ui/Page';
import { median, questionsOf } from '../model';
import { QuestionCard } from './QuestionCard';

/** Beside the talk: what the agent asks, how quick it is, and what is known of the call. */
export function Cards({
  call,
  live,
  now,
  canAnswer,
}: {
  call: Call;
  live: Snapshot;
  now: number;
  canAnswer: boolean;
}) {
  const { t } = useTranslation('console');
  const { open, closed } = questionsOf(live, now);
  const last = live.turns.at(-1);
  const middle = median(live.turns);
  return (
    <div className="grid content-start">
      {open.map((item) => (
        <QuestionCard key={item.id} call={call.id} item={item} now={now} canAnswer={canAnswer} />
      ))}
      {closed.slice(0, 3).map((item) => (
        <QuestionCard key={item.id} call={call.id} item={item} now={now} canAnswer={false} />
      ))}
      <Part title={t('latency')} aside={middle === null ? null : t('median', { ms: milliseconds(middle) })}>
        {last ? (
          <div className="grid gap-3">
            <TurnStrip turns={live.turns} slowMs={slowMs} />
            <LatencyBars turn={last} />
          </div>
        ) : (
          <p className="text-sm text-ink-3">{t('latencyNone')}</p>
        )}
      </Part>
      <Part title={t('facts')}>
        <Facts
          rows={[
            [t('from'), <Fig key="from">{phone(call.from)}</Fig>],
            [t('to'), <Fig key="to">{phone(call.to)}</Fig>],
            [t('personality'), call.personality?.name ?? '–'],
            [t('engine'), <EngineBadge key="engine" engine={engineNow(call.engine, live.items)} />],
            [t('began'), dateTime(call.created_at)],
            [t('sid'), <Fig key="sid">{call.call_sid}</Fig>],
          ]}
        />
      </Part>
    </div>
  );
}

function Fig({ children }: { children: ReactNode }) {
  return <span className="fig break-all">{children}</span>;
}

function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-b border-line px-4 py-3">
      <h2 className="mb-2 flex items-baseline justify-between text-sm font-semibold text-ink-2">
        {title} {aside && <span className="fig font-normal">{aside}</span>}
      </h2>
      {children}
    </section>
  );
}
