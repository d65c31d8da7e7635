// Lines that are for colleagues: notes, and what became of answers that waited for approval.
import { useTranslation } from 'react-i18next';
import type { Line } from '@/live/wire';
import './strings';

/** Written for colleagues; neither the caller nor the agent knows of it. */
export function NoteWords({ text }: { text: string }) {
  const { t } = useTranslation('transcript');
  return (
    <span
      dir="auto"
      className="min-w-0 border-s-2 border-dashed border-human ps-2 break-words whitespace-pre-wrap"
    >
      <span className="text-sm text-ink-3">{t('note')} </span>
      {text}
    </span>
  );
}

export function ApprovalWords({ item }: { item: Line<'approval'> }) {
  const { t } = useTranslation('transcript');
  const { text, commands, decision, edited, guidance, did } = item;
  const words = text || (commands ?? []).join(', ');
  return (
    <span className="grid min-w-0 gap-0.5 text-ink-2" dir="auto">
      <span className="italic">
        {decision ? t(`approval.${decision}`) : t(`approval.did.${did ?? 'withdrawn'}`)}
      </span>
      {decision !== 'approved' && words && (
        <span className={decision === 'rejected' || decision === 'edited' ? 'text-ink-3 line-through' : ''}>
          “{words}”
        </span>
      )}
      {edited && <span>“{edited}”</span>}
      {guidance && <span className="text-sm">{t('approval.guidance', { guidance })}</span>}
    </span>
  );
}
