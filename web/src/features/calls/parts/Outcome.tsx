import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { endedWords } from '@/lib/ended';
import { duration, milliseconds, money } from '@/lib/format';
import { LampShape, lampWord } from '@/ui/Lamp';

/** How it ended, in plain words, with the figures that matter. */
export function Outcome({ call }: { call: Call }) {
  const { t } = useTranslation(['calls', 'common']);
  const word = lampWord(call);
  const figures: [string, string][] = [];
  if (call.duration_ms != null) figures.push([t('length'), duration(call.duration_ms)]);
  if (call.cost) figures.push([t('cost'), money(call.cost)]);
  if (call.latency) {
    figures.push([t('p50'), milliseconds(call.latency.p50)], [t('p95'), milliseconds(call.latency.p95)]);
  }
  return (
    <section className="flex flex-wrap items-center gap-x-8 gap-y-3 border-y border-line bg-surface px-4 py-3 md:rounded md:border-x">
      <div className="flex min-w-0 items-center gap-3">
        <LampShape word={word} large />
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-lg font-semibold">
            {endedWords(call) ?? t(`common:state.${word}`)}
            <EngineBadge engine={call.engine} />
          </p>
          {call.detail && <p className="text-sm text-ink-2">{call.detail}</p>}
        </div>
      </div>
      <dl className="ms-auto flex flex-wrap gap-x-6 gap-y-2">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs text-ink-3">{name}</dt>
            <dd className="fig text-sm font-medium">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
