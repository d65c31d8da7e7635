import { Pause, Play, SkipBack, SkipForward } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { asProblem } from '@/api/problem';
import { openPlayer, Unplayable, WAVE_PARTS } from '@/audio/wav_player';
import { duration } from '@/lib/format';
import { Button } from '@/ui/Button';
import { Notice, ProblemText } from '@/ui/States';
import './strings';
import { audioPath, partsOf } from './model';

const step = 10;

/** Plays one recording: a lane for each voice, and any place in it at once. */
export function Player({ call, recording, lengthS }: { call: string; recording: string; lengthS: number }) {
  const { t } = useTranslation('recordings');
  const player = useMemo(() => openPlayer(partsOf(audioPath(call, recording))), [call, recording]);
  useEffect(() => () => player.close(), [player]);
  const state = useStore(player.store);
  const length = state.lengthS || lengthS;
  const plays = state.status === 'playing' || state.status === 'loading';
  const text = t('positionText', { at: duration(state.atS * 1_000), length: duration(length * 1_000) });
  return (
    <div className="grid gap-2">
      <Lanes channels={state.channels || 2} wave={state.wave} part={length ? state.atS / length : 0} />
      <div className="flex flex-wrap items-center gap-2">
        <Button
          kind="primary"
          size="square"
          aria-label={plays ? t('pause') : t('play')}
          onClick={() => (plays ? player.pause() : void player.play())}
        >
          {plays ? <Pause size={18} aria-hidden="true" /> : <Play size={18} aria-hidden="true" />}
        </Button>
        <Button
          kind="quiet"
          size="square"
          aria-label={t('back')}
          onClick={() => void player.seek(state.atS - step)}
        >
          <SkipBack size={16} aria-hidden="true" />
        </Button>
        <Button
          kind="quiet"
          size="square"
          aria-label={t('ahead')}
          onClick={() => void player.seek(state.atS + step)}
        >
          <SkipForward size={16} aria-hidden="true" />
        </Button>
        <input
          type="range"
          className="min-w-24 flex-1 accent-brand"
          aria-label={t('position')}
          aria-valuetext={text}
          min={0}
          max={Math.max(1, length)}
          step={0.1}
          value={Math.min(state.atS, length)}
          onChange={(event) => void player.seek(event.target.valueAsNumber)}
        />
        <span className="fig text-sm whitespace-nowrap" aria-hidden="true">
          {duration(state.atS * 1_000)} / {duration(length * 1_000)}
        </span>
        {state.status === 'loading' && (
          <span role="status" className="sr-only">
            {t('loading')}
          </span>
        )}
      </div>
      {state.status === 'failed' && (
        <Notice>
          {state.problem instanceof Unplayable ? (
            <p>{t('unplayable')}</p>
          ) : (
            <ProblemText problem={asProblem(state.problem)} />
          )}
        </Notice>
      )}
    </div>
  );
}

/** The voices above each other; what was not loaded yet is a thin line. */
function Lanes({
  channels,
  wave,
  part,
}: {
  channels: number;
  wave: readonly (readonly (number | undefined)[])[];
  part: number;
}) {
  const { t } = useTranslation('recordings');
  const names = channels === 2 ? [t('caller'), t('agent')] : [t('both')];
  return (
    <div role="img" aria-label={t('wave')} className="grid gap-1 rounded border border-line bg-sunken p-2">
      {names.map((name, lane) => (
        <div key={name} className="grid grid-cols-[8.5rem_1fr] items-center gap-2">
          <span className="text-xs text-ink-3">{name}</span>
          <svg
            viewBox={`0 0 ${WAVE_PARTS} 24`}
            preserveAspectRatio="none"
            className="h-6 w-full text-brand"
            aria-hidden="true"
          >
            <path d={outline(wave[lane] ?? [])} stroke="currentColor" strokeWidth="0.8" fill="none" />
            <line
              x1={part * WAVE_PARTS}
              x2={part * WAVE_PARTS}
              y1="0"
              y2="24"
              stroke="currentColor"
              strokeWidth="0.6"
              className="text-ink"
            />
          </svg>
        </div>
      ))}
    </div>
  );
}

function outline(lane: readonly (number | undefined)[]): string {
  return Array.from({ length: WAVE_PARTS }, (_, at) => {
    const half = Math.max(0.25, (lane[at] ?? 0) * 11.5);
    return `M${at + 0.5} ${12 - half}V${12 + half}`;
  }).join('');
}
