import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { switchedTo } from '@/engines/engines';
import '@/engines/strings';
import { clockTime, duration, languageName, milliseconds, phone, shortTime } from '@/lib/format';
import { ownMs, slowMs } from '@/live/wall';
import type { Line, Speaker } from '@/live/wire';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { actWords, type Words as T } from './act_words';
import { ApprovalWords, NoteWords } from './asides';
import { commandWords, refusalWords } from './command_words';
import { LatencyBars } from './LatencyBars';
import { type ActState, personOf, type Row, speakerOf, splitHeard } from './rows';
import './strings';

interface Props {
  row: Row;
  self?: string;
  /** We rang them: the other side is no caller. */
  outbound?: boolean;
  /** When the call began: lines tell their time within it. Without it they tell the clock's. */
  since?: string;
  position: number;
  total: number;
  /** For a list that measures its rows. */
  measure?: (element: HTMLLIElement | null) => void;
  onAgain?: (actionId: string) => void;
  onDismiss?: (actionId: string) => void;
}

const names = {
  caller: 'text-caller',
  agent: 'text-agent',
  supervisor: 'text-human',
  colleague: 'text-human',
  tool: 'text-tool',
  notice: 'text-ink-3',
  warning: 'text-warn',
};

/** One line of a talk: who, the cord, the words, and what is to be known of them. */
export const TranscriptRow = memo(function TranscriptRow(props: Props) {
  const { row, self, outbound, since, position, total, measure, onAgain, onDismiss } = props;
  const { t } = useTranslation(['transcript', 'common']);
  const speaker = speakerOf(row);
  const by = personOf(row);
  const isSelf = by !== null && (by.by === null || by.by.id === self);
  const name =
    speaker === 'supervisor'
      ? isSelf
        ? t('you')
        : (by?.by?.name ?? t('common:speaker.supervisor'))
      : speaker === 'tool'
        ? t('tool')
        : speaker === 'warning' || speaker === 'notice'
          ? t('notice')
          : t(`common:speaker.${speaker === 'caller' && outbound ? 'callee' : speaker}`);
  const loose = row.kind === 'speech' && !row.item.complete;
  return (
    <li
      ref={measure}
      data-index={position - 1}
      data-speaker={speaker}
      tabIndex={measure ? -1 : undefined}
      aria-setsize={total}
      aria-posinset={position}
      className="grid grid-cols-[72px_14px_minmax(0,1fr)] gap-x-2 px-3 -outline-offset-2 md:grid-cols-[44px_92px_14px_minmax(0,1fr)] md:px-4"
    >
      <time dateTime={row.at} title={clockTime(row.at)} className="fig py-1.5 text-ink-3 max-md:hidden">
        {row.first && (since ? duration(Date.parse(row.at) - Date.parse(since)) : shortTime(row.at))}
      </time>
      <span className={`truncate py-1 text-end text-sm font-medium ${names[speaker]}`} title={name}>
        <span className={row.first ? '' : 'sr-only'}>{name}</span>
      </span>
      <span className="cord" data-plug={row.first} data-loose={loose} aria-hidden="true" />
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-3 gap-y-1 py-1">
        <Words row={row} />
        <Chips row={row} onAgain={onAgain} onDismiss={onDismiss} />
      </div>
    </li>
  );
});

/** Who is behind a line that is no act. */
function Words({ row }: { row: Row }) {
  const { t } = useTranslation(['transcript', 'engines']);
  if (row.kind === 'speech') return <Speech row={row} />;
  if (row.kind === 'act') return <Aside>{actWords(row.action, t)}</Aside>;
  if (row.kind === 'clarification') {
    const { question, answer, answered_by, decide, expired } = row.item;
    return (
      <span
        className="grid min-w-0 flex-1 gap-0.5 border-s-2 border-human bg-human-tint px-2 py-0.5"
        dir="auto"
      >
        <span>{t('asks', { question })}</span>
        <span className="text-sm text-ink-2">
          {decide
            ? t('letDecide', { name: answered_by?.name ?? '' })
            : answer !== undefined
              ? t('answered', { name: answered_by?.name ?? '', answer })
              : expired
                ? t('expired')
                : t('waiting')}
        </span>
      </span>
    );
  }
  const { item } = row;
  switch (item.kind) {
    case 'dtmf_received':
      return <Aside>{t('keysReceived', { digits: item.digits })}</Aside>;
    case 'dtmf_sent':
      return <Aside>{t('keysSent', { digits: item.digits })}</Aside>;
    case 'command': {
      return <Aside>{commandWords(item, t)}</Aside>;
    }
    case 'recording': {
      const { status, reason } = item;
      const known = status === 'recording' || status === 'paused' || status === 'stopped';
      const card = status === 'paused' && reason === 'card_data';
      const refused = status === 'stopped' && reason === 'refused';
      const word = card ? 'card' : refused ? 'refused' : known ? status : 'other';
      return <Aside>{t(`recording.${word}`, { name: item.by?.name ?? '', status })}</Aside>;
    }
    case 'note':
      return <Aside>{t('noted', { text: item.text })}</Aside>;
    case 'supervisor_note':
      return <NoteWords text={item.text} />;
    case 'approval':
      return <ApprovalWords item={item} />;
    case 'transfer': {
      const to = item.to ? phone(item.to) : t('somebody');
      const { status, reason } = item;
      const word = transferWords.find((known) => known === status);
      const why = transferReasons.find((known) => known === reason);
      return (
        <Aside>
          {word ? t(`transfer.${word}`, { to }) : t('transfer.other', { to, status })}
          {why && `: ${t(`transfer.reason.${why}`)}`}
        </Aside>
      );
    }
    default:
      return <Aside>{warningWords(item, t)}</Aside>;
  }
}

/** What befell the engine in plain words; what is not known here comes with words of its own. */
function warningWords({ code, detail }: Line<'warning'>, t: T): string {
  if (code === 'engine_switched') {
    const engine = switchedTo(detail);
    return engine ? t('warning.engine_switched', { engine: t(`engines:name.${engine}`) }) : detail;
  }
  const known = plainWarnings.find((each) => each === code);
  return known ? t(`warning.${known}`) : detail;
}

const plainWarnings = [
  'engine_reconnecting',
  'engine_failed',
  'session_renewed',
  'model_failed',
  'connection_lost',
  'reply_too_long',
  'stream_error',
] as const;

function Speech({ row }: { row: Extract<Row, { kind: 'speech' }> }) {
  const { t } = useTranslation('transcript');
  const { text, complete, interrupted, speaker } = row.item;
  if (!text && !complete) return <Wordless speaker={speaker} answered={row.answered} />;
  // The server's own words for a turn that nobody could write down.
  if (speaker === 'caller' && text === '(inaudible)') return <Aside>{t('inaudible')}</Aside>;
  const { heard, unheard } = interrupted ? splitHeard(text, row.item.heard) : { heard: text, unheard: '' };
  return (
    <span
      dir="auto"
      lang={row.item.language}
      className={`min-w-0 break-words whitespace-pre-wrap ${complete ? '' : 'text-ink-2'}`}
    >
      {heard}
      {unheard && (
        <del className="text-ink-3">
          <span className="sr-only"> ({t('unheard')}) </span>
          {unheard}
        </del>
      )}
      {!complete && (
        <span className="text-ink-3">
          …<span className="sr-only"> ({t('speaking')})</span>
        </span>
      )}
    </span>
  );
}

/** A voice is heard, and its words are still to come. */
function Wordless({ speaker, answered }: { speaker: Speaker; answered: boolean }) {
  const { t } = useTranslation('transcript');
  const words = speaker === 'caller' ? 'callerSpeaks' : 'beginsToSpeak';
  return (
    <span dir="auto" className="inline-flex min-w-0 items-center gap-2 text-ink-2 italic">
      {!answered && (
        <span className="voice" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      {t(answered ? 'wordsToCome' : words)}
    </span>
  );
}

function Aside({ children }: { children: ReactNode }) {
  return (
    <span dir="auto" className="min-w-0 text-ink-2 italic">
      {children}
    </span>
  );
}

const statusTones = {
  held_back: 'plain',
  sending: 'plain',
  accepted: 'plain',
  applied: 'ok',
  failed: 'danger',
  superseded: 'warn',
} as const;

function Chips({ row, onAgain, onDismiss }: Pick<Props, 'row' | 'onAgain' | 'onDismiss'>) {
  const { t } = useTranslation(['transcript', 'engines']);
  if (row.kind === 'note') {
    const { item } = row;
    if (item.kind === 'transfer' && item.status === 'failed') {
      return <Chip tone="warn">{t('transfer.failedShort')}</Chip>;
    }
    if (item.kind === 'transfer' && item.status === 'completed') {
      return <Chip tone="ok">{t('transfer.completedShort')}</Chip>;
    }
    if (item.kind !== 'command' || item.done) return null;
    return <Chip tone="warn">{t('command.refused', { refusal: refusalWords(item, t) })}</Chip>;
  }
  if (row.kind === 'clarification') return null;
  return (
    <>
      {row.act && <ActChip act={row.act} onAgain={onAgain} onDismiss={onDismiss} />}
      {row.kind === 'speech' && row.language && (
        <Chip>
          <span className="sr-only">{t('heardIn')} </span>
          {languageName(row.language)}
        </Chip>
      )}
      {row.kind === 'speech' && row.item.interrupted && <Chip tone="warn">{t('cutOff')}</Chip>}
      {row.kind === 'speech' && row.latency && <LatencyChip row={row} />}
    </>
  );
}

function ActChip({ act, onAgain, onDismiss }: { act: ActState } & Pick<Props, 'onAgain' | 'onDismiss'>) {
  const { t } = useTranslation('transcript');
  const { ownId } = act;
  return (
    <span className="inline-flex flex-wrap items-baseline gap-2">
      <Chip tone={statusTones[act.status]}>{t(`status.${act.status}`)}</Chip>
      {act.status === 'failed' && (
        <>
          {act.detail && <span className="text-sm text-danger">{act.detail}</span>}
          {ownId && onAgain && onDismiss && (
            <>
              <Button size="small" onClick={() => onAgain(ownId)}>
                {t('again')}
              </Button>
              <Button size="small" kind="quiet" onClick={() => onDismiss(ownId)}>
                {t('dismiss')}
              </Button>
            </>
          )}
        </>
      )}
    </span>
  );
}

function LatencyChip({ row }: { row: Extract<Row, { kind: 'speech' }> }) {
  const { t } = useTranslation('transcript');
  if (!row.latency) return null;
  const ms = milliseconds(row.latency.total_ms);
  const slow = ownMs(row.latency) > slowMs;
  return (
    <details className="group open:basis-full">
      <summary
        className={`fig inline-flex min-h-6 list-none items-center rounded px-1 hover:bg-sunken ${slow ? 'text-warn' : 'text-ink-3'}`}
        aria-label={t('showParts', { ms })}
      >
        {ms}{' '}
        <span aria-hidden="true" className="ms-1 inline-block group-open:rotate-90">
          ▸
        </span>
      </summary>
      <div className="max-w-[420px] py-1">
        <LatencyBars turn={row.latency} />
      </div>
    </details>
  );
}

/** How far a transfer may be, as there are words for it. */
const transferWords = [
  'requested',
  'dialing',
  'ringing',
  'asked',
  'accepted',
  'joined',
  'completed',
  'failed',
] as const;

/** Why nobody has taken a caller, as there are words for it. */
const transferReasons = [
  'busy',
  'no_answer',
  'rejected',
  'mailbox',
  'target_hung_up',
  'accept_timeout',
  'not_allowed',
  'carrier_error',
  'caller_hangup',
  'canceled',
  'connection_lost',
] as const;
