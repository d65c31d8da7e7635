import { Link } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { EngineBadge } from '@/engines/EngineBadge';
import { engineNow } from '@/engines/engines';
import { farEnd, nearEnd } from '@/lib/ended';
import { duration, milliseconds, money, phone } from '@/lib/format';
import { whyUnhappy } from '@/live/attention';
import type { Link as LinkWord } from '@/live/socket';
import { ownMs, slowMs } from '@/live/wall';
import { RecordingControls } from '@/recordings/RecordingControls';
import { Lamp, lampWord } from '@/ui/Lamp';
import { MoodFace } from '@/ui/Mood';
import { useHere } from '../here';
import { useCost } from '../model';
import { useContact } from './CallerCard';
import { ClaimControl } from './ClaimControl';
import { SoundButtons } from './SoundControls';

/** Who talks with whom, what goes on, who has claimed it, how long, for how much, how quickly, and whether it is live. */
export function ConsoleHeader({ now, link }: { now: number; link: LinkWord }) {
  const { t } = useTranslation(['console', 'common']);
  const { call, live, cut, spokenBy, over } = useHere();
  const contact = useContact();
  const status = live.status ?? call.status;
  const state = live.seq > 0 ? live.state : call.state;
  const fault = live.ending?.fault ?? call.fault;
  const asks = live.items.some(
    (item) => item.kind === 'clarification' && !item.expired && item.answered_by === undefined,
  );
  return (
    <header className="border-b border-line bg-surface">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 pt-2 md:px-4">
        <Link
          to="/live"
          className="-ms-1 grid size-8 place-items-center rounded text-ink-2 hover:bg-sunken"
          aria-label={t('back')}
          aria-keyshortcuts="["
        >
          <ArrowLeft size={18} aria-hidden="true" />
        </Link>
        <div className="min-w-0">
          <p className="flex flex-wrap items-baseline gap-x-2 text-lg/6 font-semibold">
            {contact && (
              <span className="truncate" dir="auto">
                {contact.name}
              </span>
            )}
            <span className={`font-mono text-xs ${contact ? 'font-normal text-ink-2' : 'font-semibold'}`}>
              {phone(farEnd(call))}
            </span>
          </p>
          <p className="truncate text-sm text-ink-2">
            {call.personality
              ? `${call.personality.name} ${t('version', { version: call.personality.version })}`
              : phone(nearEnd(call))}
          </p>
        </div>
        <EngineBadge engine={engineNow(call.engine, live.items)} />
        <Figures now={now} link={link} />
      </div>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-3 pt-1.5 pb-2 md:px-4">
        <div className="flex items-center gap-2 font-medium" role="status">
          <Lamp word={lampWord({ status, state, fault, asks })} />
          {spokenBy && !spokenBy.you && (
            <span className="text-human">{t('spokenBy', { name: spokenBy.actor.name })}</span>
          )}
        </div>
        <ClaimControl />
        <div className="ms-auto flex flex-wrap items-center gap-2">
          {status === 'in_progress' && !over && call.channel === 'phone' && (
            <RecordingControls call={call.id} recording={live.recording} disabled={cut} />
          )}
          <SoundButtons />
        </div>
      </div>
    </header>
  );
}

function Figures({ now, link }: { now: number; link: LinkWord }) {
  const { t } = useTranslation(['console', 'common', 'supervision']);
  const { call, live } = useHere();
  const status = live.status ?? call.status;
  const began = Date.parse(call.answered_at ?? call.created_at);
  const until = status === 'ended' && call.ended_at ? Date.parse(call.ended_at) : now;
  const turn = live.turns.at(-1);
  const last = turn ? ownMs(turn) : null;
  const cost = useCost(call, live, status === 'ended');
  const slow = last !== null && last > slowMs;
  const { mood } = live;
  const why = whyUnhappy(live.attention);
  return (
    <dl className="fig ms-auto flex flex-wrap items-center gap-x-4 gap-y-1">
      {mood !== null && mood !== undefined && (
        <Figure name={t('supervision:moodLabel')}>
          <span className="flex items-center gap-1.5">
            <MoodFace mood={mood} word={t(`supervision:mood.${mood}`)} />
            {why && <span className="font-sans text-sm text-danger">{t(`supervision:why.${why}`)}</span>}
          </span>
        </Figure>
      )}
      <Figure name={t('clock')}>
        <span className="text-xs font-medium">{duration(until - began)}</span>
      </Figure>
      {cost && <Figure name={t('cost')}>{money(cost)}</Figure>}
      {last !== null && (
        <Figure name={t('latency')}>
          <span className={slow ? 'rounded border border-warn px-1.5 text-warn' : ''}>
            {t('reply', { ms: milliseconds(last) })} {slow && t('slow')}
          </span>
        </Figure>
      )}
      <Figure name={t('link')}>
        <span className="flex items-center gap-1.5">
          <span
            className={`size-2 ${link === 'live' ? 'rounded-full bg-ok' : 'border border-warn'}`}
            aria-hidden="true"
          />
          {t(`common:link.${link}`)}
        </span>
      </Figure>
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-center">
      <dt className="sr-only">{name}</dt>
      <dd className="flex items-center">{children}</dd>
    </div>
  );
}
