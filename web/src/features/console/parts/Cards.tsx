import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { EngineBadge } from '@/engines/EngineBadge';
import { engineNow } from '@/engines/engines';
import { dateTime, milliseconds, phone, shortTime } from '@/lib/format';
import { slowMs } from '@/live/wall';
import type { Line } from '@/live/wire';
import { LatencyBars, TurnStrip } from '@/transcript/LatencyBars';
import { Facts } from '@/ui/Page';
import { useHere } from '../here';
import { median, questionsOf } from '../model';
import { ApproveQueue } from './ApproveQueue';
import { CallerCard } from './CallerCard';
import { Part } from './Part';
import { QuestionCard } from './QuestionCard';

/** Beside the talk: what waits for a person, who the caller is, how quick the agent is, what this call can do. */
export function Cards({ now }: { now: number }) {
  const { t } = useTranslation('console');
  const { call, live } = useHere();
  const { open, closed } = questionsOf(live, now);
  const last = live.turns.at(-1);
  const middle = median(live.turns);
  const notes = live.items.filter((item): item is Line<'supervisor_note'> => item.kind === 'supervisor_note');
  return (
    <div className="grid content-start">
      {open.map((item, at) => (
        <QuestionCard key={item.id} item={item} now={now} first={at === 0} />
      ))}
      <ApproveQueue now={now} />
      {closed.slice(0, 3).map((item) => (
        <QuestionCard key={item.id} item={item} now={now} />
      ))}
      <CallerCard />
      {notes.length > 0 && (
        <Part title={t('notes')}>
          <ul className="grid gap-1.5">
            {notes.toReversed().map((note) => (
              <li key={note.id} className="text-sm">
                <span className="text-ink-3">
                  {shortTime(note.at)} {note.actor.name}:{' '}
                </span>
                <span dir="auto" className="break-words">
                  {note.text}
                </span>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <Part title={t('latency')} aside={middle === null ? null : t('median', { ms: milliseconds(middle) })}>
        {last ? (
          <div className="grid gap-3">
            <TurnStrip turns={live.turns} slowMs={slowMs} />
            <LatencyBars turn={last} />
          </div>
        ) : (
          <p className="text-sm text-ink-3">{t('latencyNone')}</p>
        )}
      </Part>
      <Cannot />
      <Part title={t('facts')}>
        <Facts
          rows={[
            [t('from'), <Fig key="from">{phone(call.from)}</Fig>],
            [t('to'), <Fig key="to">{phone(call.to)}</Fig>],
            [t('personality'), call.personality?.name ?? '–'],
            [t('engine'), <EngineBadge key="engine" engine={engineNow(call.engine, live.items)} />],
            [t('began'), dateTime(call.created_at)],
            [t('sid'), <Fig key="sid">{call.call_sid}</Fig>],
          ]}
        />
      </Part>
    </div>
  );
}

/** What this call cannot do, in plain words. */
function Cannot() {
  const { t } = useTranslation('console');
  const { abilities, can, over } = useHere();
  const told = [
    abilities.listen ? null : t('cannot.listen'),
    abilities.takeover_microphone ? null : t('cannot.microphone'),
    abilities.takeover_keyboard ? null : t('cannot.keyboard'),
  ].filter((each) => each !== null);
  if (told.length === 0 || !can.intervene || over) return null;
  return (
    <Part title={t('cannot.title')}>
      <ul className="grid gap-1 text-sm text-ink-2">
        {told.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </Part>
  );
}

function Fig({ children }: { children: ReactNode }) {
  return <span className="fig break-all">{children}</span>;
}
