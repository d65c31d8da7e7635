import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { reasonWords } from '@/lib/ended';
import type { Ending, Item } from '@/live/wire';
import { ButtonLink } from '@/ui/Button';
import { LampShape } from '@/ui/Lamp';
import { transferOutcome } from '../model';

/** Takes the place of the bar once a call is over. */
export function Ended({
  call,
  ending,
  items,
}: {
  call: Call;
  ending: Ending | null;
  items: readonly Item[];
}) {
  const { t } = useTranslation('console');
  const told = ending?.reason ?? call.ended_reason;
  // How a transfer went is known when the talk there is over.
  const reason = told === 'transferred' ? (transferOutcome(items) ?? told) : told;
  const fault = ending?.fault ?? call.fault;
  const detail = ending?.detail ?? call.detail;
  return (
    <section
      aria-label={t('endedTitle')}
      role="status"
      className="flex flex-wrap items-center gap-3 border-t-2 border-line bg-sunken px-4 py-3"
    >
      <LampShape word={fault && fault !== 'none' ? 'fault' : 'ended'} large />
      <div className="min-w-0">
        <p className="font-semibold">{t('endedTitle')}</p>
        <p className="text-sm text-ink-2">
          {reason && reasonWords(reason, call.direction)}
          {detail && ` · ${detail}`}
        </p>
      </div>
      <div className="ms-auto flex gap-2">
        <ButtonLink to="/live">{t('back')}</ButtonLink>
        <ButtonLink to="/calls/$call" params={{ call: call.id }} kind="primary">
          {t('record')}
        </ButtonLink>
      </div>
    </section>
  );
}
