import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApprovalMode } from '@/live/wire';
import { Select } from '@/ui/Field';
import { isFree, useHere } from '../here';
import { ApprovalCard } from './ApprovalCard';

const modes: readonly ApprovalMode[] = ['off', 'first_turn', 'on_tools', 'every_turn'];

/** Answers that wait for a person, the oldest first, and which answers wait at all. */
export function ApproveQueue({ now }: { now: number }) {
  const { t } = useTranslation('console');
  const here = useHere();
  const { live, act, can, over } = here;
  const heading = useId();
  const waiting = live.approvals.toSorted((a, b) => a.expires_at.localeCompare(b.expires_at));
  const first = waiting[0]?.approval_id;
  if (over || !can.intervene) return null;
  return (
    <section aria-labelledby={heading} className="border-b border-line">
      <div className="flex min-h-11 items-center gap-2 px-4 py-1.5">
        <h2 id={heading} className="text-sm font-semibold text-ink-2">
          {t('approval.title')}{' '}
          {waiting.length > 0 && <span className="fig text-warn">{waiting.length}</span>}
        </h2>
        <div className="ms-auto w-44">
          <Select
            label={t('approval.mode.label')}
            hideLabel
            data-approval-mode=""
            aria-keyshortcuts="v"
            value={live.approval_mode}
            disabled={!isFree(here)}
            onChange={(event) => act({ type: 'approval_mode', mode: event.target.value as ApprovalMode })}
          >
            {modes.map((mode) => (
              <option key={mode} value={mode}>
                {t(`approval.mode.${mode}`)}
              </option>
            ))}
          </Select>
        </div>
      </div>
      {waiting.map((each) => (
        <ApprovalCard key={each.approval_id} asked={each} now={now} first={each.approval_id === first} />
      ))}
    </section>
  );
}
