import { Link } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { engineNow } from '@/engines/engines';
import { farEnd, nearEnd } from '@/lib/ended';
import { duration, milliseconds, money, phone } from '@/lib/format';
import type { Link as LinkWord } from '@/live/socket';
import { slowMs } from '@/live/wall';
import type { Snapshot } from '@/live/wire';
import { RecordingControls } from '@/recordings/RecordingControls';
import { Lamp, lampWord } from '@/ui/Lamp';

/** Who talks with whom, how long, for how much and how quickly, and whether this is live. */
export function ConsoleHeader({
  call,
  live,
  now,
  link,
}: {
  call: Call;
  live: Snapshot;
  now: number;
  link: LinkWord;
}) {
  const { t } = useTranslation(['console', 'common']);
  const status = live.status ?? call.status;
  const state = live.seq > 0 ? live.state : call.state;
  const fault = live.ending?.fault ?? call.fault;
  const began = Date.parse(call.answered_at ?? call.created_at);
  const until = status === 'ended' && call.ended_at ? Date.parse(call.ended_at) : now;
  const last = live.turns.at(-1)?.total_ms ?? null;
  const cost = live.cost_amount
    ? { amount: live.cost_amount, currency: call.cost?.currency ?? 'USD' }
    : call.cost;
  const asks = live.items.some(
    (item) => item.kind === 'clarification' && !item.expired && item.answer === undefined,
  );
  const slow = last !== null && last > slowMs;
  return (
    <header className="border-b border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2 md:px-4">
        <Link
          to="/live"
          className="-ms-1 grid size-8 place-items-center rounded text-ink-2 hover:bg-sunken"
          aria-label={t('back')}
        >
          <ArrowLeft size={18} aria-hidden="true" />
        </Link>
        <div className="min-w-0">
          <p className="font-mono text-xs font-semibold">{phone(farEnd(call))}</p>
          <p className="truncate text-sm text-ink-2">
            {call.personality
              ? `${call.personality.name} ${t('version', { version: call.personality.version })}`
              : phone(nearEnd(call))}
          </p>
        </div>
        <div className="ms-2 font-medium" role="status">
          <Lamp word={lampWord({ status, state, fault, asks })} />
        </div>
        <EngineBadge engine={engineNow(call.engine, live.items)} />
        {status === 'in_progress' && call.channel === 'phone' && (
          <RecordingControls
            call={call.id}
            recording={live.recording}
            disabled={link === 'offline' || link === 'refused'}
          />
        )}
        <dl className="fig ms-auto flex flex-wrap items-center gap-x-4 gap-y-1">
          <div>
            <dt className="sr-only">{t('clock')}</dt>
            <dd className="text-xs font-medium">{duration(until - began)}</dd>
          </div>
          {cost && (
            <div>
              <dt className="sr-only">{t('cost')}</dt>
              <dd>{money(cost)}</dd>
            </div>
          )}
          {last !== null && (
            <div className={slow ? 'rounded border border-warn px-1.5 text-warn' : ''}>
              <dt className="sr-only">{t('latency')}</dt>
              <dd>
                {t('reply', { ms: milliseconds(last) })} {slow && t('slow')}
              </dd>
            </div>
          )}
          <div>
            <dt className="sr-only">{t('link')}</dt>
            <dd className="flex items-center gap-1.5">
              <span
                className={`size-2 ${link === 'live' ? 'rounded-full bg-ok' : 'border border-warn'}`}
                aria-hidden="true"
              />
              {t(`common:link.${link}`)}
            </dd>
          </div>
        </dl>
      </div>
    </header>
  );
}
