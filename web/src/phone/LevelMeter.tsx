import { useEffect, useRef } from 'react';
import type { Levels } from './phone';

/** How loud somebody is. Moves without a render. */
export function LevelMeter({
  label,
  levels,
  whose,
  quiet = false,
}: {
  label: string;
  levels: Levels;
  whose: 'you' | 'agent';
  quiet?: boolean;
}) {
  const bar = useRef<HTMLDivElement>(null);
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = 0;
    let toldAt = 0;
    const draw = (at: number) => {
      const level = levels[whose];
      // Rises at once and falls slowly, as a needle does.
      shown = level > shown ? level : Math.max(level, shown - 0.03);
      if (bar.current) bar.current.style.transform = `scaleX(${shown.toFixed(3)})`;
      if (at - toldAt > 500) {
        toldAt = at;
        if (meter.current) meter.current.value = Math.round(shown * 100);
      }
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [levels, whose]);
  const colour = quiet ? 'bg-line-strong' : whose === 'you' ? 'bg-caller' : 'bg-agent';
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,72px)_minmax(0,1fr)] items-center gap-2">
      <span className={`truncate text-xs ${whose === 'you' ? 'text-caller' : 'text-agent'}`}>{label}</span>
      <meter ref={meter} aria-label={label} min={0} max={100} value={0} className="sr-only" />
      <div className="h-2 overflow-hidden rounded-full bg-line" aria-hidden="true">
        <div ref={bar} className={`h-full origin-left scale-x-0 rounded-full rtl:origin-right ${colour}`} />
      </div>
    </div>
  );
}
