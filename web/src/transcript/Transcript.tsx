import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import type { Row } from './rows';
import { TranscriptRow } from './TranscriptRow';
import './strings';

/** What others can ask of a transcript. */
export interface TranscriptHandle {
  toEnd: () => void;
  /** Brings a line into view and puts the focus on it. */
  show: (key: string) => void;
}

interface Props {
  ref?: Ref<TranscriptHandle>;
  rows: readonly Row[];
  self: string | undefined;
  outbound?: boolean;
  /** Words are not for this reader, so that there are none says nothing. */
  wordsHidden?: boolean;
  onAgain: (actionId: string) => void;
  onDismiss: (actionId: string) => void;
}

const nearEnd = 48;

/** A talk as it grows: stays at its end until somebody scrolls up, then says how much is new. */
export function Transcript({ ref, rows, self, outbound, wordsHidden, onAgain, onDismiss }: Props) {
  const { t } = useTranslation('transcript');
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState(0);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 32,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: nearEnd,
    useFlushSync: false,
    initialRect: { width: 800, height: 600 },
  });
  const toEnd = () => list.scrollToEnd();
  // A row that is to have the focus as soon as it is there.
  const wanted = useRef<number | null>(null);
  const goTo = (index: number) => {
    if (index < 0) return;
    wanted.current = index;
    list.scrollToIndex(index, { align: 'center' });
    focusWanted();
  };
  const focusWanted = () => {
    const row =
      wanted.current === null
        ? null
        : scroller.current?.querySelector<HTMLElement>(`li[data-index="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  };
  useLayoutEffect(focusWanted);
  useImperativeHandle(ref, () => ({
    toEnd,
    show: (key) => goTo(rows.findIndex((row) => row.key === key)),
  }));
  // Arrows walk the rows once one of them, or the list, has the focus.
  const walk = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const target = event.target as HTMLElement;
    if (by === 0 || (target !== scroller.current && target.dataset.index === undefined)) return;
    event.preventDefault();
    const at = target.dataset.index === undefined ? rows.length - 1 : Number(target.dataset.index) + by;
    goTo(Math.max(0, Math.min(rows.length - 1, at)));
  };

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const check = () => setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd);
    element.addEventListener('scroll', check, { passive: true });
    return () => element.removeEventListener('scroll', check);
  }, []);

  // Who reads the newest words goes on reading them when there is more or less room.
  const follows = useRef<() => void>(() => undefined);
  useEffect(() => {
    follows.current = () => {
      if (atEnd) list.scrollToEnd();
    };
  });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const sizes = new ResizeObserver(() => follows.current());
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);

  if (atEnd && seen !== rows.length) setSeen(rows.length);

  const shown = list.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = list.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <section aria-label={t('transcript')} className="relative flex min-h-0 flex-1 flex-col bg-surface">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows walk the rows in it */}
      <div
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        onKeyDown={walk}
        className="min-h-0 flex-1 overflow-y-auto py-2 [contain:strict]"
      >
        {rows.length === 0 && !wordsHidden && (
          <p className="px-4 py-8 text-center text-ink-3">{t('nothing')}</p>
        )}
        <ol style={{ paddingBlockStart: before, paddingBlockEnd: Math.max(0, after) }}>
          {shown.map(({ index }) => {
            const row = rows[index];
            return (
              row && (
                <TranscriptRow
                  key={row.key}
                  row={row}
                  self={self}
                  outbound={outbound}
                  position={index + 1}
                  total={rows.length}
                  measure={list.measureElement}
                  onAgain={onAgain}
                  onDismiss={onDismiss}
                />
              )
            );
          })}
        </ol>
      </div>
      {!atEnd && (
        <div className="pointer-events-none absolute inset-x-0 bottom-2 grid justify-items-center">
          <span className="pointer-events-auto">
            <Button size="small" onClick={toEnd}>
              {rows.length > seen ? t('newer', { count: rows.length - seen }) : t('toEnd')}
            </Button>
          </span>
        </div>
      )}
    </section>
  );
}

/** A talk that is over, whole. */
export function WholeTranscript({
  rows,
  self,
  outbound,
  since,
}: {
  rows: readonly Row[];
  self: string | undefined;
  outbound?: boolean;
  /** When the call began. */
  since: string;
}) {
  const { t } = useTranslation('transcript');
  if (rows.length === 0) return <p className="px-4 py-8 text-center text-ink-3">{t('nothing')}</p>;
  return (
    <ol className="py-2" aria-label={t('transcript')}>
      {rows.map((row, at) => (
        <TranscriptRow
          key={row.key}
          row={row}
          self={self}
          outbound={outbound}
          since={since}
          position={at + 1}
          total={rows.length}
        />
      ))}
    </ol>
  );
}
