import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { endedWords, farEnd, nearEnd } from '@/lib/ended';
import { duration, milliseconds, money, phone } from '@/lib/format';
import { needOf, slowMs, type WallLine } from '@/live/wall';
import { Kbd } from '@/ui/Bits';
import { LampShape, lampWord } from '@/ui/Lamp';

interface Props {
  line: WallLine;
  place: number;
  now: number;
  words: boolean;
}

/** One line of the wall: its jack and lamp, who talks with whom, the last words, and the figures. */
export const WallRow = memo(function WallRow({ line, place, now, words }: Props) {
  const { t } = useTranslation(['live', 'common']);
  const { call, replyMs } = line;
  const word = lampWord({ ...call, asks: line.asks !== null });
  const over = call.status === 'ended';
  const need = needOf(line);
  const began = Date.parse(call.answered_at ?? call.created_at);
  const until = over && call.ended_at ? Date.parse(call.ended_at) : now;
  const slow = replyMs !== null && replyMs > slowMs;
  return (
    <li
      className={`relative grid grid-cols-[40px_minmax(0,1fr)_auto] items-center gap-x-3 border-b border-line px-4 py-2 hover:bg-sunken md:px-6 lg:grid-cols-[20px_40px_150px_190px_minmax(0,1fr)_auto] ${
        need === 'asks' ? 'bg-human-tint' : ''
      } ${over ? 'text-ink-3' : ''}`}
    >
      <span className="max-lg:hidden" aria-hidden="true">
        {place <= 9 && <Kbd>{place}</Kbd>}
      </span>
      <span className="grid size-10 place-items-center rounded-full border-2 border-line-strong bg-sunken">
        <LampShape word={word} large />
      </span>
      <span className="truncate font-medium max-lg:hidden">{t(`common:state.${word}`)}</span>
      <div className="min-w-0">
        <Link
          to="/live/$call"
          params={{ call: call.id }}
          data-line=""
          aria-label={t(call.direction === 'outbound' ? 'openTo' : 'open', { caller: phone(farEnd(call)) })}
          className="font-mono text-xs font-medium after:absolute after:inset-0"
        >
          {phone(farEnd(call))}
        </Link>
        <div className="truncate text-sm text-ink-2">
          <span className="lg:hidden">{t(`common:state.${word}`)} · </span>
          {call.personality?.name ??
            t(call.direction === 'outbound' ? 'over' : 'to', { number: phone(nearEnd(call)) })}
        </div>
      </div>
      <div className="min-w-0 max-lg:order-1 max-lg:col-span-3 max-lg:mt-1 max-lg:ps-13">
        <LastWords line={line} now={now} words={words} />
      </div>
      <dl className="fig flex items-center justify-end gap-4 text-end">
        <div className="w-24 max-md:hidden">
          <dt className="sr-only">{t('reply')}</dt>
          <dd className={slow ? 'text-warn' : 'text-ink-2'}>
            {replyMs === null ? '' : milliseconds(replyMs)} {slow && t('slow')}
          </dd>
        </div>
        <div className="w-16 max-md:hidden">
          <dt className="sr-only">{t('cost')}</dt>
          <dd className="text-ink-2">{call.cost ? money(call.cost) : ''}</dd>
        </div>
        <div className="w-14">
          <dt className="sr-only">{t('clock')}</dt>
          <dd className="text-xs font-medium">{duration(until - began)}</dd>
        </div>
      </dl>
    </li>
  );
});

function LastWords({ line, now, words }: { line: WallLine; now: number; words: boolean }) {
  const { t } = useTranslation(['live', 'common']);
  const { call, asks, words: last } = line;
  if (call.status === 'ended') {
    return <p className="truncate">{endedWords(call) ?? t('common:state.ended')}</p>;
  }
  if (asks) {
    const left = Math.max(0, Date.parse(asks.expiresAt) - now);
    return (
      <p className="flex min-w-0 items-baseline gap-3 text-human">
        <span className="truncate font-medium" dir="auto">
          {t('asks', { question: asks.question })}
        </span>
        <span className="fig whitespace-nowrap">{t('left', { time: duration(left) })}</span>
      </p>
    );
  }
  if (!last) return <p className="truncate text-ink-3">{words ? t('noWords') : t('hidden')}</p>;
  return (
    <p className="flex min-w-0" data-speaker={last.speaker}>
      <span className="cord me-2 -my-1" data-plug="true" aria-hidden="true" />
      <span className="sr-only">
        {t(
          `common:speaker.${call.direction === 'outbound' && last.speaker === 'caller' ? 'callee' : last.speaker}`,
        )}
        :{' '}
      </span>
      <span className="truncate" dir="auto">
        {last.text}
      </span>
    </p>
  );
}
