import { useNavigate } from '@tanstack/react-router';
import { ArrowUpDown } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '@/lib/keys';
import type { WallLine } from '@/live/wall';
import { Button } from '@/ui/Button';
import { useNarrow } from '../narrow';
import { useSteady } from '../steady';
import { scrollToRow, useVisible } from '../visible';
import { WallRow } from './WallRow';

interface Props {
  label: string;
  /** In the order of their needs. */
  lines: readonly WallLine[];
  now: number;
  words: boolean;
  self: string | undefined;
}

const heights = { wide: 60, narrow: 100 };

/** The lines, as many as can be seen; they keep their places while somebody is busy with them. */
export function WallList({ label, lines: sorted, now, words, self }: Props) {
  const { t } = useTranslation('live');
  const navigate = useNavigate();
  const narrow = useNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const { lines, late, settle, busy } = useSteady(sorted);
  const [focused, setFocused] = useState<string | null>(null);
  const wanted = useRef<string | null>(null);
  const height = narrow ? heights.narrow : heights.wide;
  const at = focused === null ? -1 : lines.findIndex(({ call }) => call.id === focused);
  const { from, to } = useVisible(scroller, height, lines.length);
  const shown = Array.from({ length: to - from }, (_, index) => from + index);
  // Who has the focus stays, also outside of what can be seen.
  if (at >= 0 && at < from) shown.unshift(at);
  else if (at >= to) shown.push(at);

  // A row that is moved by the browser's hand loses the focus; it gets it back.
  useLayoutEffect(() => {
    const id = wanted.current ?? (document.activeElement === document.body ? focused : null);
    if (id === null) return;
    const link = scroller.current?.querySelector<HTMLElement>(`[data-line="${CSS.escape(id)}"]`);
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });

  const open = (line: WallLine | undefined) => {
    if (line) void navigate({ to: '/live/$call', params: { call: line.call.id } });
  };
  const step = (by: 1 | -1) => {
    const next = at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by));
    const line = lines[next];
    if (!line) return;
    wanted.current = line.call.id;
    setFocused(line.call.id);
    if (scroller.current) scrollToRow(scroller.current, height, next);
  };
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  useKeys({
    ...Object.fromEntries(numbers.map((key) => [String(key), () => open(lines[key - 1])])),
    j: () => step(1),
    k: () => step(-1),
    o: settle,
  });

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {late && (
        <div className="pointer-events-none absolute inset-x-0 top-2 z-10 grid justify-items-center">
          <span className="pointer-events-auto" role="status">
            <Button size="small" onClick={settle}>
              <ArrowUpDown size={14} aria-hidden="true" />
              {t('reorder')}
            </Button>
          </span>
        </div>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only notices that somebody is busy with the list */}
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto bg-surface [contain:strict]"
        onPointerMove={busy}
        onPointerDown={busy}
        onPointerLeave={(event) => event.pointerType === 'mouse' && settle()}
        onKeyDown={busy}
        onFocus={(event) => setFocused((event.target as HTMLElement).dataset.line ?? null)}
        onBlur={(event) => {
          if (event.relatedTarget) setFocused(null);
        }}
      >
        <ol aria-label={label} className="relative" style={{ blockSize: lines.length * height }}>
          {shown.map((index) => {
            const line = lines[index];
            return (
              line && (
                <WallRow
                  key={line.call.id}
                  line={line}
                  place={index + 1}
                  total={lines.length}
                  start={index * height}
                  height={height}
                  now={now}
                  words={words}
                  self={self}
                />
              )
            );
          })}
        </ol>
      </div>
    </div>
  );
}
