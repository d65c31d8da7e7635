import { useTranslation } from 'react-i18next';
import { NeedBadge } from '@/supervision/NeedBadge';
import { useHere } from '../here';
import { questionsOf } from '../model';

/** Where the cards are put away: what waits for a person, and the way to it. */
export function RequestBar({ now, onOpen }: { now: number; onOpen: () => void }) {
  const { t } = useTranslation('console');
  const { live, can } = useHere();
  const { open } = questionsOf(live, now);
  const [question] = open;
  const [approval] = live.approvals;
  const first = question ?? approval;
  if (!first || !can.intervene) return null;
  const count = open.length + live.approvals.length;
  return (
    <button
      type="button"
      onClick={onOpen}
      className="flex min-h-10 w-full items-center gap-3 border-t border-s-4 border-t-line border-s-human bg-human-tint px-3 py-1.5 text-start lg:hidden"
    >
      <NeedBadge need={question ? 'asks' : 'approval'} leftMs={Date.parse(first.expires_at) - now} />
      <span className="min-w-0 flex-1 truncate" dir="auto">
        {question?.question ?? approval?.text}
      </span>
      {count > 1 && <span className="fig">{t('andMore', { count: count - 1 })}</span>}
    </button>
  );
}
