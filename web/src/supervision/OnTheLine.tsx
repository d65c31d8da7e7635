import { Link } from '@tanstack/react-router';
import { Mic, MicOff } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { duration, phone } from '@/lib/format';
import { useNow } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { wall } from '@/live/live';
import { Button, ButtonLink } from '@/ui/Button';
import { LampShape } from '@/ui/Lamp';
import { startBell } from './bell';
import { desk } from './the_desk';
import './strings';

/** A red strip on every page while one speaks with a caller. Nobody forgets an open microphone. */
export default function OnTheLine() {
  const line = useStore(desk.store, (state) => state.line);
  useEffect(() => desk.remember(), []);
  useEffect(startBell, []);
  useEffect(() => {
    if (!line) return;
    // To close the window hands the call back; the browser asks before.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [line]);
  return line ? <Speaking /> : <Lost />;
}

function Speaking() {
  const { t } = useTranslation('supervision');
  const line = useStore(desk.store, (state) => state.line);
  const isMuted = useStore(desk.store, ({ ear }) => ear?.sound.muted ?? false);
  const now = useNow();
  const mute = () => desk.mute(!isMuted);
  useKeys(line?.via === 'microphone' ? { m: mute } : {});
  if (!line) return null;
  const muted = line.via === 'microphone' && isMuted;
  return (
    <section
      aria-label={t('strip.on')}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-danger px-4 py-1.5 text-surface md:px-6"
    >
      <p role="alert" className="flex min-w-0 items-center gap-2 font-semibold">
        <span className="grid size-5 shrink-0 place-items-center rounded-full bg-surface" aria-hidden="true">
          <LampShape word="human_speaking" />
        </span>
        <span>
          {t(line.phase === 'taking' ? 'strip.taking' : 'strip.on')}{' '}
          <span className="font-normal">
            {t('strip.with', { caller: phone(line.caller) })} {t(`strip.${line.via}`)}
            {muted && ` · ${t('strip.muted')}`}
          </span>
        </span>
      </p>
      <span className="fig">{duration(now - line.since)}</span>
      <div className="ms-auto flex flex-wrap gap-2">
        {line.via === 'microphone' && (
          <Button size="small" aria-pressed={muted} onClick={mute} aria-keyshortcuts="m">
            {muted ? <MicOff size={14} aria-hidden="true" /> : <Mic size={14} aria-hidden="true" />}
            {t(muted ? 'strip.unmute' : 'strip.mute')}
          </Button>
        )}
        <ButtonLink size="small" to="/live/$call" params={{ call: line.call }}>
          {t('strip.open')}
        </ButtonLink>
        <Button size="small" disabled={line.phase === 'leaving'} onClick={() => desk.handBack('')}>
          {t('strip.handBack')}
        </Button>
      </div>
    </section>
  );
}

/** What became of a line that was not given back, and the way to it. */
function Lost() {
  const { t } = useTranslation('supervision');
  const { left, lost } = useStore(desk.store);
  const goes = useStore(wall.store, ({ lines, ready }) => {
    const line = left && ready ? lines[left.call] : undefined;
    return line !== undefined && line.endedAt === null && line.call.state !== 'human_speaking';
  });
  if (lost) {
    return (
      <div
        role="status"
        className="flex items-center gap-3 border-b border-warn bg-sunken px-4 py-1 text-sm md:px-6"
      >
        <span>{t(lost.how === 'taken' ? 'strip.takenFrom' : 'strip.lapsed')}</span>
        <Link to="/live/$call" params={{ call: lost.call }} className="underline">
          {t('strip.open')}
        </Link>
        <span className="ms-auto">
          <Button size="small" kind="quiet" onClick={() => desk.forget()}>
            {t('strip.understood')}
          </Button>
        </span>
      </div>
    );
  }
  if (!left || !goes) return null;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-3 border-b border-human bg-human-tint px-4 py-1.5 text-sm md:px-6"
    >
      <span>{t('strip.wasOn', { caller: phone(left.caller) })}</span>
      <div className="ms-auto flex gap-2">
        <ButtonLink
          size="small"
          to="/live/$call"
          params={{ call: left.call }}
          search={{ take: true }}
          kind="primary"
        >
          {t('strip.again')}
        </ButtonLink>
        <Button size="small" onClick={() => desk.forget()}>
          {t('strip.leaveIt')}
        </Button>
      </div>
    </div>
  );
}
