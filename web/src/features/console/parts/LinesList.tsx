import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { farEnd } from '@/lib/ended';
import { duration, phone } from '@/lib/format';
import { wall } from '@/live/live';
import { sortByNeed } from '@/live/wall';
import { LampShape, lampWord } from '@/ui/Lamp';

/** The other lines, beside the one that is open. */
export function LinesList({ current, now }: { current: string; now: number }) {
  const { t } = useTranslation(['console', 'common']);
  const { lines } = useStore(wall.store);
  const open = sortByNeed(Object.values(lines)).filter(
    (line) => line.endedAt === null || line.call.id === current,
  );
  return (
    <nav
      aria-label={t('lines')}
      className="relative min-h-0 overflow-y-auto border-e border-line max-lg:hidden"
    >
      <h2 className="flex h-11 items-center justify-between border-b border-line px-3 text-sm font-semibold text-ink-2">
        {t('lines')} <span className="fig">{open.length}</span>
      </h2>
      <ul>
        {open.map(({ call, asks }) => {
          const word = lampWord({ ...call, asks: asks !== null });
          return (
            <li key={call.id} className="border-b border-line">
              <Link
                to="/live/$call"
                params={{ call: call.id }}
                aria-current={call.id === current ? 'true' : undefined}
                className="grid grid-cols-[18px_1fr_auto] items-center gap-x-2 px-3 py-2 hover:bg-sunken aria-[current=true]:bg-tint"
              >
                <LampShape word={word} />
                <span className="truncate text-sm font-medium">{t(`common:state.${word}`)}</span>
                <span className="fig">{duration(now - Date.parse(call.answered_at ?? call.created_at))}</span>
                <span className="col-span-2 col-start-2 truncate font-mono text-[0.6875rem] text-ink-2">
                  {phone(farEnd(call))}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
