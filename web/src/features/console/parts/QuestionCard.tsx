import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '@/lib/format';
import type { Line } from '@/live/wire';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { LampShape } from '@/ui/Lamp';
import { useDraft } from '../drafts';
import { isFree, useHere } from '../here';
import { heardMeanwhile } from '../model';

/** A question of the agent to the people who watch: time left, and a field for the answer. */
export function QuestionCard({
  item,
  now,
  first = false,
}: {
  item: Line<'clarification'>;
  now: number;
  /** Keys go to this one. */
  first?: boolean;
}) {
  const { t } = useTranslation('console');
  const here = useHere();
  const { live, act, can, over } = here;
  const [answer, setAnswer] = useDraft(here.call.id, `answer ${item.id}`);
  const left = Date.parse(item.expires_at) - now;
  const closed = item.expired || item.answered_by !== undefined || over;
  const off = !isFree(here) || left <= 0;
  const hears = heardMeanwhile(live.items, item);
  const send = (event: FormEvent) => {
    event.preventDefault();
    const words = answer.trim();
    if (!words || off) return;
    act({ type: 'clarify', clarification_id: item.id, answer: words });
    setAnswer('');
  };
  return (
    <section
      aria-label={t('asksTitle')}
      className={`grid gap-2 border-b border-s-4 border-b-line px-4 py-3 ${closed ? 'border-s-line text-ink-3' : 'border-s-human bg-human-tint'}`}
    >
      <h2 className="flex items-center gap-2 text-sm font-semibold">
        <LampShape word={closed ? 'ended' : 'awaiting_human'} />
        {t('asksTitle')}
        {!closed && (
          <span
            className={`fig ms-auto whitespace-nowrap ${left < 11_000 ? 'text-danger' : ''}`}
            role="timer"
          >
            {left > 0 ? t('left', { time: duration(left) }) : t('over')}
          </span>
        )}
      </h2>
      <p dir="auto" className={closed ? '' : 'text-lg'}>
        “{item.question}”
      </p>
      {closed ? (
        <Outcome item={item} />
      ) : (
        <>
          <p className="text-sm text-ink-2" dir="auto">
            {hears ? t('hearsWords', { words: hears.trim() }) : t('hears')}
            {item.on_timeout && ` ${t(`ifNobody.${item.on_timeout}`)}`}
          </p>
          {can.intervene && (
            <form onSubmit={send} className="grid gap-2">
              <TextField
                label={t('answer')}
                hint={t('answerHint')}
                {...(first ? { 'data-answer': '', 'aria-keyshortcuts': 'a' } : {})}
                autoComplete="off"
                placeholder={first ? t('answerPlace') : undefined}
                maxLength={1000}
                dir="auto"
                value={answer}
                onKeyDown={(event) => {
                  // The way out of the field, so that single letters are keys again.
                  if (event.key === 'Escape') event.currentTarget.blur();
                }}
                onChange={(event) => setAnswer(event.target.value)}
              />
              <div className="flex flex-wrap gap-2">
                <Button type="submit" kind="primary" disabled={!answer.trim() || off}>
                  {t('send')}
                </Button>
                <Button
                  disabled={off}
                  onClick={() => act({ type: 'clarify', clarification_id: item.id, decide: true })}
                >
                  {t('decide')}
                </Button>
              </div>
            </form>
          )}
        </>
      )}
    </section>
  );
}

function Outcome({ item }: { item: Line<'clarification'> }) {
  const { t } = useTranslation('console');
  const name = item.answered_by?.name ?? '';
  if (item.decide) return <p className="text-sm">{t('decided', { name })}</p>;
  if (item.answer !== undefined) {
    return (
      <p className="text-sm" dir="auto">
        {t('answeredBy', { name })}: “{item.answer}”
      </p>
    );
  }
  return <p className="text-sm">{t('expired')}</p>;
}
