import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { isListening } from '@/supervision/desk';
import { desk } from '@/supervision/the_desk';
import { useHere } from '../here';
import { ListenSettings } from './SoundControls';

const bars = 48;
type Voice = 'caller' | 'agent' | 'you';

/** Quieter than this is nobody. */
const speaks = 0.12;

/** Who speaks and how loud, drawn without a render; in words for those who do not see it. */
export function Levels() {
  const { t } = useTranslation(['console', 'common', 'supervision']);
  const { call } = useHere();
  const listens = useStore(desk.store, (state) => isListening(state, call.id));
  const sound = useStore(desk.store, ({ ear }) => ear?.sound);
  const line = useStore(desk.store, (state) => state.line);
  if (!listens || !sound) return null;
  const speaking = line?.call === call.id && line.via === 'microphone';
  return (
    <section
      aria-label={t('levels')}
      className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line bg-sunken px-3 py-1.5 md:px-4"
    >
      <Meter voice="caller" label={t('common:speaker.caller')} />
      <Meter voice="agent" label={t('common:speaker.agent')} />
      {speaking && <Meter voice="you" label={t('common:speaker.you')} />}
      <BehindBy />
      <div className="ms-auto">
        <ListenSettings />
      </div>
      {sound.phase === 'reconnecting' && (
        <p role="status" className="w-full text-sm text-warn">
          {t('supervision:strip.soundLost')}
        </p>
      )}
      {sound.phase === 'failed' && (
        <p role="alert" className="w-full text-sm text-danger">
          {t('listen.failed', { why: sound.problem?.detail ?? '' })}
        </p>
      )}
    </section>
  );
}

/** How far the sound is behind the call; told in steps, so that it is quiet to look at. */
function BehindBy() {
  const { t } = useTranslation('console');
  const [behindMs, setBehindMs] = useState<number | null>(null);
  useEffect(() => {
    const look = setInterval(() => {
      const now = desk.levels.behindMs;
      setBehindMs(now === null ? null : Math.ceil(now / 10) * 10);
    }, 1_000);
    return () => clearInterval(look);
  }, []);
  if (behindMs === null) return null;
  return (
    <span className="text-xs text-ink-2" title={t('behindHint')}>
      {t('behind', { ms: behindMs })}
    </span>
  );
}

function Meter({ voice, label }: { voice: Voice; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    const past: number[] = Array.from({ length: bars }, () => 0);
    let frame = 0;
    let drawnAt = 0;
    let toldAt = 0;
    const draw = (at: number) => {
      frame = requestAnimationFrame(draw);
      if (at - drawnAt < 50) return;
      drawnAt = at;
      const level = desk.levels[voice];
      past.push(level);
      past.shift();
      if (canvas.current) paint(canvas.current, past);
      if (meter.current && at - toldAt > 250) {
        toldAt = at;
        meter.current.value = Math.round(Math.max(...past.slice(-6)) * 100);
        meter.current.parentElement?.toggleAttribute('data-speaks', level > speaks);
      }
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [voice]);
  return (
    <span className="group flex items-center gap-2">
      <span className={`text-xs ${names[voice]} group-data-speaks:font-semibold`}>{label}</span>
      <meter ref={meter} aria-label={label} min={0} max={100} value={0} className="sr-only" />
      <span aria-hidden="true">
        <canvas ref={canvas} width={bars * 2} height={18} className={`block h-[18px] w-24 ${names[voice]}`} />
      </span>
    </span>
  );
}

const names: Record<Voice, string> = { caller: 'text-caller', agent: 'text-agent', you: 'text-human' };

function paint(canvas: HTMLCanvasElement, past: readonly number[]): void {
  const brush = canvas.getContext('2d');
  if (!brush) return;
  const { width, height } = canvas;
  brush.clearRect(0, 0, width, height);
  brush.fillStyle = getComputedStyle(canvas).color;
  past.forEach((level, at) => {
    const tall = Math.max(1, level * height);
    brush.fillRect(at * 2, (height - tall) / 2, 1.4, tall);
  });
}
