import { type MouseEvent, memo, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import type { Item, Speaker } from '@/live/wire';
import { nearest, type Strip, stripOf } from '../timeline';

const height = 26;
const lanes: Record<Speaker, { y: number; colour: string }> = {
  caller: { y: 1, colour: 'var(--caller)' },
  agent: { y: 9, colour: 'var(--agent)' },
  supervisor: { y: 17, colour: 'var(--human)' },
  colleague: { y: 17, colour: 'var(--human)' },
};
const laneHeight = 7;

/** Two lanes of voices and one of people, with cuts, tools and acts. A press goes to the words. */
export const TimelineStrip = memo(function TimelineStrip({
  call,
  items,
  now,
  onShow,
}: {
  call: Call;
  items: readonly Item[];
  now: number;
  onShow: (key: string) => void;
}) {
  const { t } = useTranslation('console');
  const strip = useMemo(() => stripOf(call, items, now), [call, items, now]);
  const go = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    const forward = getComputedStyle(event.currentTarget).direction === 'rtl' ? 1 - share : share;
    const key = nearest(strip, forward * strip.lengthMs);
    if (key) onShow(key);
  };
  return (
    <div className="border-t border-line bg-surface px-3 py-1 md:px-4" title={t('timelineHint')}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a shortcut for the pointer; the arrow keys walk the talk itself */}
      <svg
        viewBox={`0 0 1000 ${height}`}
        preserveAspectRatio="none"
        className="block h-[26px] w-full cursor-pointer rtl:-scale-x-100"
        role="img"
        aria-label={t('timeline')}
        onClick={go}
      >
        <Lanes strip={strip} />
        <Marks strip={strip} />
      </svg>
    </div>
  );
});

function Lanes({ strip: { stretches, lengthMs } }: { strip: Strip }) {
  const speakers = Object.keys(lanes) as Speaker[];
  return speakers.map((speaker) => {
    const { y, colour } = lanes[speaker];
    const path = stretches
      .filter((each) => each.speaker === speaker)
      .map(({ fromMs, toMs }) => {
        const from = (fromMs / lengthMs) * 1000;
        const wide = Math.max(1.5, ((toMs - fromMs) / lengthMs) * 1000 - 0.5);
        return `M${from.toFixed(1)} ${y}h${wide.toFixed(1)}v${laneHeight}h-${wide.toFixed(1)}z`;
      })
      .join('');
    return (
      <g key={speaker}>
        {speaker !== 'colleague' && (
          <path
            d={`M0 ${y + laneHeight / 2}h1000`}
            stroke="var(--line)"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        )}
        <path d={path} fill={colour} />
      </g>
    );
  });
}

const marks = {
  cut: 'var(--warn)',
  tool: 'var(--tool)',
  hold: 'var(--ink-2)',
  step: 'var(--human)',
  asked: 'var(--human)',
};

function Marks({ strip }: { strip: Strip }) {
  return strip.marks.map(({ key, kind, ms }) => {
    const x = (ms / strip.lengthMs) * 1000;
    const [from, to] = kind === 'cut' || kind === 'tool' ? [8, 17] : [0, height];
    return (
      <path
        key={key}
        d={`M${x.toFixed(1)} ${from}V${to}`}
        stroke={marks[kind]}
        strokeWidth="2"
        strokeDasharray={kind === 'asked' || kind === 'hold' ? '3 2' : undefined}
        vectorEffect="non-scaling-stroke"
      />
    );
  });
}
