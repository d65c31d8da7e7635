import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { preferences } from '@/lib/preferences';
import type { Snapshot } from '@/live/wire';

const pace = 1_500;

/** What screen readers are told: nothing, the agent's questions, or every finished line. The transcript itself is silent. */
export function Announcer({ live, ready }: { live: Snapshot; ready: boolean }) {
  const { t } = useTranslation(['console', 'common']);
  const announce = useStore(preferences, (state) => state.announce);
  const [spoken, setSpoken] = useState<{ key: string; text: string }[]>([]);
  const upTo = useRef<number | null>(null);
  const question = live.items.findLast(
    (item) => item.kind === 'clarification' && item.answer === undefined && !item.expired,
  );

  useEffect(() => {
    if (!ready) return;
    // What was there on arrival is read in the list, not announced.
    upTo.current ??= live.items.length;
    if (announce !== 'everything') return;
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
  }, [ready, live.items, announce, t]);

  return (
    <div className="sr-only">
      <div role="log" aria-label={t('log')} aria-live="polite">
        {spoken.map((line) => (
          <p key={line.key}>{line.text}</p>
        ))}
      </div>
      <div aria-live="assertive">
        {announce !== 'nothing' &&
          question?.kind === 'clarification' &&
          t('logAsks', { question: question.question })}
      </div>
    </div>
  );
}
