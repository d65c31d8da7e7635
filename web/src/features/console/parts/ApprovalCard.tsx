import { Check, Pencil, X } from 'lucide-react';
import type { FormEvent, KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { duration } from '@/lib/format';
import { useKeys } from '@/lib/keys';
import { acts } from '@/live/live';
import type { OpenApproval } from '@/live/wire';
import { KeyHint } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { TextArea } from '@/ui/Field';
import { LampShape } from '@/ui/Lamp';
import { useKept } from '../drafts';
import { useGuard } from '../guard';
import { isFree, useHere } from '../here';

type Way = 'edit' | 'reject' | null;

/** One answer that waits: approve, edit in place, or reject with a word to the agent. */
export function ApprovalCard({ asked, now, first }: { asked: OpenApproval; now: number; first: boolean }) {
  const { t } = useTranslation(['console', 'common']);
  const here = useHere();
  const { approval_id: id, text, commands, on_timeout } = asked;
  const [edited, keepEdited] = useKept(here.call.id, `edit ${id}`);
  const [guidance, keepGuidance] = useKept(here.call.id, `reject ${id}`);
  const way: Way = edited !== null ? 'edit' : guidance !== null ? 'reject' : null;
  const words = edited ?? guidance ?? '';
  const { isSeen, seen } = useGuard(first);
  const sent = useStore(acts.store, ({ acts: all }) =>
    Object.values(all).some(
      ({ action, status }) => 'approval_id' in action && action.approval_id === id && status !== 'failed',
    ),
  );
  const left = Date.parse(asked.expires_at) - now;
  const off = !isFree(here) || sent;

  const go = (next: 'edit' | 'reject') => {
    if (off || !isSeen()) return;
    if (next === 'edit') keepEdited(text);
    else keepGuidance('');
  };
  const leave = () => {
    if (edited !== null) keepEdited(null);
    if (guidance !== null) keepGuidance(null);
  };
  const approve = () => {
    if (!off && isSeen()) here.act({ type: 'approve', approval_id: id });
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    const said = words.trim();
    if (off || (way === 'edit' && !said)) return;
    if (way === 'edit')
      here.act({ type: 'approve', approval_id: id, ...(said === text ? {} : { text: said }) });
    else here.act({ type: 'reject', approval_id: id, ...(said ? { guidance: said } : {}) });
    leave();
  };
  const typed = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      leave();
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  };
  useKeys(first ? { y: approve, e: () => go('edit'), r: () => go('reject') } : {});

  return (
    <article
      aria-label={t('approval.card')}
      className="grid gap-2 border-t border-s-4 border-t-line border-s-warn bg-human-tint px-4 py-3"
    >
      <p className="flex items-center gap-2 text-sm">
        <LampShape word="awaiting_approval" />
        <span className="text-ink-2">{t(`approval.atZero.${on_timeout}`)}</span>
        <span
          className={`fig ms-auto whitespace-nowrap ${left < 6_000 ? 'font-semibold text-danger' : ''}`}
          role="timer"
        >
          {left > 0 ? t('in', { time: duration(left) }) : t('over')}
        </span>
      </p>
      {text && (
        <p dir="auto" className="text-lg break-words">
          “{text}”
        </p>
      )}
      {commands && commands.length > 0 && (
        <ul className="grid gap-0.5 text-sm text-tool">
          {commands.map((command) => (
            <li key={command}>{t('approval.does', { command })}</li>
          ))}
        </ul>
      )}
      {way ? (
        <form onSubmit={send} onKeyDown={typed} className="grid gap-2">
          <TextArea
            label={t(way === 'edit' ? 'approval.words' : 'approval.why')}
            rows={way === 'edit' ? 3 : 2}
            maxLength={1000}
            dir="auto"
            autoFocus
            value={words}
            onChange={({ target }) => (way === 'edit' ? keepEdited : keepGuidance)(target.value)}
          />
          <div className="flex flex-wrap gap-2">
            <Button
              type="submit"
              size="small"
              kind="primary"
              disabled={off || (way === 'edit' && !words.trim())}
            >
              {t(way === 'edit' ? 'approval.speakThis' : 'approval.reject')}
            </Button>
            <Button size="small" kind="quiet" onClick={leave}>
              {t('common:cancel')}
            </Button>
          </div>
        </form>
      ) : (
        <div className="flex flex-wrap gap-2">
          <Button size="small" kind="primary" disabled={off || !seen} onClick={approve} aria-keyshortcuts="y">
            <Check size={14} aria-hidden="true" />
            {t('approval.approve')} {first && <KeyHint>y</KeyHint>}
          </Button>
          {text && (
            <Button size="small" disabled={off || !seen} onClick={() => go('edit')} aria-keyshortcuts="e">
              <Pencil size={14} aria-hidden="true" />
              {t('approval.edit')} {first && <KeyHint>e</KeyHint>}
            </Button>
          )}
          <Button size="small" disabled={off || !seen} onClick={() => go('reject')} aria-keyshortcuts="r">
            <X size={14} aria-hidden="true" />
            {t('approval.reject')} {first && <KeyHint>r</KeyHint>}
          </Button>
        </div>
      )}
    </article>
  );
}
