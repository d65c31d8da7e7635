import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { farEnd } from '@/lib/ended';
import { duration, phone } from '@/lib/format';
import { expiryOf, type Need, needOf, sortByNeed, whyUnhappy } from '@/live/attention';
import { useCalmWall } from '@/live/calm';
import type { WallLine } from '@/live/wall';
import { Holder } from '@/supervision/Holder';
import { NeedSign } from '@/supervision/NeedBadge';
import { LampShape, lampWord } from '@/ui/Lamp';
import { useHere } from '../here';

/** More than these are for the wall. */
const most = 40;

/** The other lines, beside the one that is open: those that need a person first. */
export function LinesList({ now }: { now: number }) {
  const { t } = useTranslation('console');
  const { call, self } = useHere();
  const { lines } = useCalmWall();
  const open = sortByNeed(Object.values(lines), now).filter(
    (line) => line.endedAt === null || line.call.id === call.id,
  );
  return (
    <nav aria-label={t('lines')} className="relative min-h-0 flex-1 overflow-y-auto">
      <h2 className="flex h-11 items-center justify-between border-b border-line px-3 text-sm font-semibold text-ink-2">
        {t('lines')} <span className="fig">{open.length}</span>
      </h2>
      <ul>
        {open.slice(0, most).map((line) => (
          <LineLink key={line.call.id} line={line} now={now} self={self} current={line.call.id === call.id} />
        ))}
      </ul>
      {open.length > most && (
        <Link to="/live" className="block px-3 py-2 text-sm text-brand underline">
          {t('moreLines', { count: open.length - most })}
        </Link>
      )}
    </nav>
  );
}

/** Needs that the lamp does not say already. */
function isExtra(need: ReturnType<typeof needOf>): need is Need {
  return need === 'unhappy' || need === 'silent' || need === 'slow' || need === 'long';
}

interface LinkProps {
  line: WallLine;
  now: number;
  self: string | undefined;
  /** It is the call that the console shows. */
  current: boolean;
}

const LineLink = memo(function LineLink({ line, now, self, current }: LinkProps) {
  const { t } = useTranslation(['console', 'common', 'supervision']);
  const { call, asks, claimedBy } = line;
  const word = lampWord({ ...call, asks: asks !== null });
  const need = needOf(line, now);
  const why = need === 'unhappy' ? whyUnhappy(line.attention) : null;
  const until = need === 'asks' || need === 'approval' ? expiryOf(line, need) : undefined;
  const left = until ? Math.max(0, Date.parse(until) - now) : null;
  return (
    <li className="border-b border-line">
      <Link
        to="/live/$call"
        params={{ call: call.id }}
        aria-current={current ? 'true' : undefined}
        className="grid grid-cols-[18px_1fr_auto] items-center gap-x-2 px-3 py-2 hover:bg-sunken aria-[current=true]:bg-tint"
      >
        <LampShape word={word} />
        <span className="flex min-w-0 items-center gap-1.5">
          <span className="truncate text-sm font-medium">{t(`common:state.${word}`)}</span>
          {isExtra(need) && (
            <>
              <NeedSign need={need} />
              <span className="sr-only">
                {t(`supervision:need.${need}`)} {why && t(`supervision:why.${why}`)}
              </span>
            </>
          )}
        </span>
        <span className={`fig ${left === null ? '' : 'font-semibold text-human'}`}>
          {duration(left ?? now - Date.parse(call.answered_at ?? call.created_at))}
        </span>
        <span className="col-span-2 col-start-2 flex min-w-0 items-center justify-between gap-2">
          <span className="truncate font-mono text-[0.6875rem] text-ink-2">{phone(farEnd(call))}</span>
          {claimedBy && claimedBy.id !== self && <Holder holder={claimedBy} self={self} short />}
        </span>
      </Link>
    </li>
  );
});
