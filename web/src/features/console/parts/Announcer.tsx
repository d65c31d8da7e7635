import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { preferences } from '@/lib/preferences';
import type { Snapshot } from '@/live/wire';

const pace = 1_500;
/** A countdown is told once more when so much is left. */
const lastCallMs = 10_000;

/** What screen readers are told: nothing, requests, or every finished line. The transcript itself is silent. */
export function Announcer({
  live,
  ready,
  self,
}: {
  live: Snapshot;
  ready: boolean;
  self: string | undefined;
}) {
  const { t } = useTranslation(['console', 'common']);
  const announce = useStore(preferences, (state) => state.announce);
  const spoken = useSpoken(live, ready && announce === 'everything');
  const question = live.items.findLast(
    (item) => item.kind === 'clarification' && item.answered_by === undefined && !item.expired,
  );
  const approval = live.approvals[0];
  const until =
    question?.kind === 'clarification' ? question.expires_at : approval ? approval.expires_at : undefined;
  const soon = useSoon(until);
  const { takeover } = live;
  return (
    <div className="sr-only">
      <div role="log" aria-label={t('log')} aria-live="polite">
        {spoken.map((line) => (
          <p key={line.key}>{line.text}</p>
        ))}
      </div>
      <div aria-live="assertive">
        {announce !== 'nothing' && (
          <>
            {question?.kind === 'clarification' && <p>{t('logAsks', { question: question.question })}</p>}
            {approval && <p>{t('logApproval', { words: approval.text })}</p>}
            {until && soon && <p>{t('logSoon')}</p>}
            {takeover && takeover.actor.id !== self && <p>{t('spokenBy', { name: takeover.actor.name })}</p>}
          </>
        )}
      </div>
    </div>
  );
}

/** The lines that were finished since somebody listens, a few at a time. */
function useSpoken(live: Snapshot, on: boolean) {
  const { t } = useTranslation(['console', 'common']);
  const [spoken, setSpoken] = useState<{ key: string; text: string }[]>([]);
  const upTo = useRef<number | null>(null);
  useEffect(() => {
    if (!on) {
      upTo.current = null;
      return;
    }
    // What was there on arrival is read in the list, not announced.
    upTo.current ??= live.items.length;
    const timer = setTimeout(() => {
      const from = upTo.current ?? 0;
      const fresh = live.items.slice(from);
      const open = fresh.findIndex((item) => item.kind === 'speech' && !item.complete);
      const done = open < 0 ? fresh : fresh.slice(0, open);
      upTo.current = from + done.length;
      const lines = done.flatMap((item) =>
        item.kind === 'speech'
          ? [{ key: item.id, text: `${t(`common:speaker.${item.speaker}`)}: ${item.heard ?? item.text}` }]
          : [],
      );
      if (lines.length > 0) setSpoken((now) => [...now, ...lines].slice(-20));
    }, pace);
    return () => clearTimeout(timer);
  }, [on, live.items, t]);
  return spoken;
}

/** True once little time is left. */
function useSoon(until: string | undefined): boolean {
  const [soon, setSoon] = useState<string | null>(null);
  useEffect(() => {
    if (!until) return;
    const left = Date.parse(until) - Date.now() - lastCallMs;
    if (left < 0) return;
    const timer = setTimeout(() => setSoon(until), left);
    return () => clearTimeout(timer);
  }, [until]);
  return soon !== null && soon === until;
}
