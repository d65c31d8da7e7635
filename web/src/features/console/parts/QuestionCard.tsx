import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '@/lib/format';
import { acts } from '@/live/live';
import type { Line } from '@/live/wire';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { LampShape } from '@/ui/Lamp';

/** A question of the agent to the people who watch: time left, and a field for the answer. */
export function QuestionCard({
  call,
  item,
  now,
  canAnswer,
}: {
  call: string;
  item: Line<'clarification'>;
  now: number;
  canAnswer: boolean;
}) {
  const { t } = useTranslation('console');
  const [answer, setAnswer] = useState('');
  const left = Date.parse(item.expires_at) - now;
  const closed = item.expired || item.answer !== undefined;
  const send = (event: FormEvent) => {
    event.preventDefault();
    const words = answer.trim();
    if (!words) return;
    acts.act(call, { type: 'clarify', clarification_id: item.id, answer: words });
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
          <span className="fig ms-auto" role="timer">
            {left > 0 ? t('left', { time: duration(left) }) : t('over')}
          </span>
        )}
      </h2>
      <p dir="auto" className="text-lg">
        “{item.question}”
      </p>
      {closed ? (
        <p className="text-sm">
          {item.answer !== undefined ? (
            <>
              {t('answeredBy', { name: item.answered_by?.name ?? '' })}: “{item.answer}”
            </>
          ) : (
            t('expired')
          )}
        </p>
      ) : (
        <>
          <p className="text-sm text-ink-2">{t('hears')}</p>
          {canAnswer && (
            <form onSubmit={send} className="grid gap-2">
              <TextField
                label={t('answer')}
                hint={t('answerHint')}
                data-answer=""
                autoComplete="off"
                maxLength={1000}
                dir="auto"
                value={answer}
                onChange={(event) => setAnswer(event.target.value)}
              />
              <div>
                <Button type="submit" kind="primary" disabled={!answer.trim() || left <= 0}>
                  {t('send')}
                </Button>
              </div>
            </form>
          )}
        </>
      )}
    </section>
  );
}
