import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { endedWords, farEnd, nearEnd } from '@/lib/ended';
import { duration, milliseconds, money, phone } from '@/lib/format';
import { expiryOf, type Need, needsOf, tellsOf, whyUnhappy } from '@/live/attention';
import { slowMs, type WallLine } from '@/live/wall';
import { Holder } from '@/supervision/Holder';
import { NeedBadge } from '@/supervision/NeedBadge';
import { Kbd } from '@/ui/Bits';
import { LampShape, lampWord } from '@/ui/Lamp';
import { MoodFace } from '@/ui/Mood';

interface Props {
  line: WallLine;
  place: number;
  total: number;
  /** Where it stands in the list, and how tall it is, in pixels. */
  start: number;
  height: number;
  now: number;
  words: boolean;
  self: string | undefined;
}

const edges: Record<Need, string> = {
  asks: 'border-s-human bg-human-tint',
  approval: 'border-s-warn bg-human-tint',
  human: 'border-s-human',
  unhappy: 'border-s-danger',
  silent: 'border-s-warn',
  slow: 'border-s-warn',
  long: 'border-s-line-strong',
};

/** Needs that are a state by another name: it is said once. */
const said: readonly Need[] = ['asks', 'approval', 'human'];

/** One line of the wall: its jack and lamp, who talks with whom, what it needs, the last words, and the figures. */
export const WallRow = memo(function WallRow({ line, place, total, start, height, now, words, self }: Props) {
  const { t } = useTranslation(['live', 'common', 'supervision']);
  const { call, replyMs, mood } = line;
  const word = lampWord({ ...call, asks: line.asks !== null });
  const over = call.status === 'ended';
  const needs = needsOf(line, now);
  const [first] = needs;
  const began = Date.parse(call.answered_at ?? call.created_at);
  const until = over && call.ended_at ? Date.parse(call.ended_at) : now;
  const slow = replyMs !== null && replyMs > slowMs;
  const far = phone(farEnd(call));
  return (
    <li
      aria-setsize={total}
      aria-posinset={place}
      style={{ transform: `translateY(${start}px)`, blockSize: height }}
      className={`absolute inset-x-0 top-0 grid grid-cols-[40px_minmax(0,1fr)_auto] content-center items-center gap-x-3 border-s-4 border-b border-b-line px-3 hover:bg-sunken md:pe-6 lg:grid-cols-[20px_40px_minmax(150px,210px)_minmax(0,1fr)_auto] ${
        first ? edges[first] : 'border-s-transparent'
      } ${over ? 'text-ink-3' : ''}`}
    >
      <span className="max-lg:hidden" aria-hidden="true">
        {place <= 9 && <Kbd>{place}</Kbd>}
      </span>
      <span className="grid size-10 place-items-center rounded-full border-2 border-line-strong bg-sunken">
        <LampShape word={word} large />
      </span>
      <div className="min-w-0">
        <Link
          to="/live/$call"
          params={{ call: call.id }}
          data-line={call.id}
          aria-label={t(call.direction === 'outbound' ? 'openTo' : 'open', { caller: far })}
          className="block truncate font-mono text-xs font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus"
        >
          {far}
        </Link>
        <div className="truncate text-sm text-ink-2">
          {!(first && said.includes(first)) && (
            <>
              <span className={first && !over ? '' : 'font-medium'}>{t(`common:state.${word}`)}</span>
              {' · '}
            </>
          )}
          {call.personality?.name ??
            t(call.direction === 'outbound' ? 'over' : 'to', { number: phone(nearEnd(call)) })}
        </div>
      </div>
      <div className="grid min-w-0 gap-0.5 max-lg:order-1 max-lg:col-span-3 max-lg:mt-1 max-lg:ps-13 max-md:ps-0">
        {needs.length > 0 && (
          <p className="flex h-5 gap-x-4 overflow-hidden">
            {needs.slice(0, 3).map((need, at) => (
              <NeedBadge
                key={need}
                need={need}
                plain={at > 0}
                leftMs={leftOf(line, need, now)}
                detail={detailOf(line, need, now)}
                why={need === 'unhappy' ? whyUnhappy(line.attention) : null}
              />
            ))}
          </p>
        )}
        <LastWords line={line} words={words} />
      </div>
      <dl className="fig flex items-center justify-end gap-3 text-end">
        <div className="flex w-40 justify-end max-lg:w-auto">
          <dt className="sr-only">{t('holder')}</dt>
          <dd className="flex min-w-0 justify-end max-md:max-w-28">
            <Holder holder={line.claimedBy} self={self} watchers={line.watchers} short />
          </dd>
        </div>
        <div className="w-4">
          <dt className="sr-only">{t('supervision:moodLabel')}</dt>
          <dd>{mood !== null && !over && <MoodFace mood={mood} word={t(`supervision:mood.${mood}`)} />}</dd>
        </div>
        <div className="w-18 max-md:hidden">
          <dt className="sr-only">{t('reply')}</dt>
          <dd className={slow ? 'font-medium text-warn' : 'text-ink-2'}>
            {replyMs === null ? '' : milliseconds(replyMs)}
          </dd>
        </div>
        <div className="w-16 max-xl:hidden">
          <dt className="sr-only">{t('cost')}</dt>
          <dd className="text-ink-2">{call.cost ? money(call.cost) : ''}</dd>
        </div>
        <div className="w-14">
          <dt className="sr-only">{t('clock')}</dt>
          <dd className="text-xs font-medium text-ink">{duration(until - began)}</dd>
        </div>
      </dl>
    </li>
  );
});

function leftOf(line: WallLine, need: Need, now: number): number | undefined {
  const until = expiryOf(line, need);
  return until ? Date.parse(until) - now : undefined;
}

function detailOf(line: WallLine, need: Need, now: number): string | undefined {
  if (need === 'human') return line.takeover?.actor.name;
  if (need === 'slow' && line.replyMs !== null) return milliseconds(line.replyMs);
  const since = need === 'silent' ? tellsOf(line, need)?.since : undefined;
  return since ? duration(now - Date.parse(since)) : undefined;
}

function LastWords({ line, words }: { line: WallLine; words: boolean }) {
  const { t } = useTranslation(['live', 'common']);
  const { call, asks, words: last } = line;
  if (call.status === 'ended') {
    return <p className="truncate">{endedWords(call) ?? t('common:state.ended')}</p>;
  }
  if (!words) return <p className="truncate text-ink-3">{t('hidden')}</p>;
  if (asks) {
    return (
      <p className="truncate" dir="auto">
        “{asks.question}”
      </p>
    );
  }
  if (!last) return <p className="truncate text-ink-3">{t('noWords')}</p>;
  const speaker = call.direction === 'outbound' && last.speaker === 'caller' ? 'callee' : last.speaker;
  return (
    <p className="flex min-w-0" data-speaker={last.speaker}>
      <span className="cord me-2 -my-1" data-plug="true" aria-hidden="true" />
      <span className="sr-only">{t(`common:speaker.${speaker}`)}: </span>
      <span className="truncate" dir="auto">
        {last.text}
      </span>
    </p>
  );
}
