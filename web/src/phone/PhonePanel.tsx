// The phone of the page: call an agent from the browser, spoken or typed, and see what is said.
import { Phone as Handset } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { duration } from '@/lib/format';
import { useNow } from '@/lib/hooks';
import { acts } from '@/live/live';
import { emptySnapshot } from '@/live/reducer';
import type { CallState } from '@/live/topics';
import { makeRows } from '@/transcript/rows';
import { Transcript } from '@/transcript/Transcript';
import { Button, ButtonLink } from '@/ui/Button';
import { Segments } from '@/ui/Field';
import { LampShape, type LampWord, lampWord } from '@/ui/Lamp';
import { Notice, ProblemText } from '@/ui/States';
import { Controls } from './Controls';
import { LeaveQuestion } from './LeaveQuestion';
import type { Mode, Party, PhoneState, Writer } from './phone';
import { usePhone, useTalk } from './use_phone';
import './strings';

interface Props {
  /** With whom, as it is at the moment of the press. */
  party: () => Party;
  name: string;
  /** What is tried is not saved. */
  draft?: boolean;
  title?: string;
  onBusy?: (busy: boolean) => void;
}

const silent: CallState = { ready: false, call: null, live: emptySnapshot, abilities: null, problem: null };
const nothing = { getState: () => silent, getInitialState: () => silent, subscribe: () => () => undefined };

export function PhonePanel({ party, name, draft = false, title, onBusy }: Props) {
  const { t } = useTranslation(['phone', 'common']);
  const phone = usePhone();
  const state = useStore(phone.store);
  const [mode, setMode] = useState<Mode>('voice');
  const [writer, setWriter] = useState<Writer>('relay');
  const { live } = useStore(useTalk(state.call?.id) ?? nothing);
  const self = useStore(sessionStore, ({ session }) => session?.user.id);
  const rows = useMemo(() => makeRows(live.items, live.turns), [live.items, live.turns]);
  const begin = (how: Mode) => {
    setMode(how);
    void phone.call(party(), how, writer);
  };
  const resting = state.phase === 'idle' || state.phase === 'ended';
  useEffect(() => onBusy?.(!resting), [onBusy, resting]);
  return (
    <section aria-label={title ?? t('title')} className="flex min-h-0 flex-1 flex-col bg-surface">
      <LeaveQuestion busy={!resting} />
      <Header title={title ?? t('title')} state={state} lamp={lampOf(state, live.state)} />
      {state.call ? (
        <Transcript rows={rows} self={self} onAgain={(id) => acts.again(id)} onDismiss={acts.dismiss} />
      ) : (
        <div className="grid min-h-0 flex-1 content-center justify-items-center gap-2 overflow-y-auto p-6 text-center text-sm text-ink-2">
          <p className="max-w-[44ch]">{state.phase === 'asking' ? t('asking') : t('hint')}</p>
          {draft && state.phase === 'idle' && <p className="max-w-[44ch] text-ink-3">{t('hintDraft')}</p>}
        </div>
      )}
      {resting ? (
        <div className="grid gap-3 border-t-2 border-line bg-sunken px-4 py-3">
          <Troubles state={state} name={name} onType={() => begin('text')} />
          <div className="flex flex-wrap items-center gap-2">
            <Segments
              label={t('mode')}
              value={mode}
              choices={(['voice', 'text'] as const).map((value) => ({ value, label: t(value) }))}
              onChange={setMode}
            />
            {mode === 'text' && (
              <Segments
                label={t('writer')}
                value={writer}
                choices={(['relay', 'realtime'] as const).map((value) => ({
                  value,
                  label: t(`writers.${value}`),
                }))}
                onChange={setWriter}
              />
            )}
            <span className="ms-auto flex flex-wrap gap-2">
              {state.call && (
                <ButtonLink to="/calls/$call" params={{ call: state.call.id }}>
                  {t('record')}
                </ButtonLink>
              )}
              <Button kind="primary" onClick={() => begin(mode)}>
                <Handset size={16} aria-hidden="true" />
                {state.phase === 'ended'
                  ? t('again')
                  : mode === 'voice'
                    ? t('call', { name })
                    : t('begin', { name })}
              </Button>
            </span>
          </div>
        </div>
      ) : state.phase === 'asking' || state.phase === 'starting' ? (
        <div className="flex border-t-2 border-line bg-sunken px-4 py-3">
          <span className="ms-auto">
            <Button onClick={() => phone.hangUp()}>{t('cancel')}</Button>
          </span>
        </div>
      ) : (
        <Controls phone={phone} name={name} />
      )}
    </section>
  );
}

function Header({ title, state, lamp }: { title: string; state: PhoneState; lamp: LampWord }) {
  const { t } = useTranslation('phone');
  const up = state.phase === 'live' || state.phase === 'reconnecting';
  const now = useNow(up);
  return (
    <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
      <h2 className="font-semibold">{title}</h2>
      <p className="ms-auto flex items-center gap-2 text-sm" role="status">
        <LampShape word={lamp} />
        {t(`phase.${state.phase}`)}
      </p>
      {up && state.since !== null && <span className="fig text-ink-2">{duration(now - state.since)}</span>}
    </header>
  );
}

/** What went wrong, or how it ended. */
function Troubles({ state, name, onType }: { state: PhoneState; name: string; onType: () => void }) {
  const { t } = useTranslation(['phone', 'common']);
  const { fault, problem, ending } = state;
  const reason = ending?.reason;
  return (
    <>
      {fault && fault !== 'lost' && (
        <Notice kind="warn">
          <p>{t(`fault.${fault}`, { name })}</p>
          <div>
            <Button size="small" onClick={onType}>
              {t('typeInstead')}
            </Button>
          </div>
        </Notice>
      )}
      {problem && (
        <Notice>
          <ProblemText problem={problem} />
          {problem.errors.length > 0 && (
            <ul className="list-disc ps-4">
              {problem.errors.map(({ param, detail }) => (
                <li key={`${param} ${detail}`}>
                  <span className="font-mono text-xs">{param}</span> {detail}
                </li>
              ))}
            </ul>
          )}
        </Notice>
      )}
      {ending && (
        <p className="text-sm text-ink-2">
          {reason === 'caller_hangup'
            ? t('youHungUp')
            : reason
              ? t(`common:ended.${reason}`)
              : t('endedUnknown')}
          {ending.say && ` · ${ending.say}`}
        </p>
      )}
    </>
  );
}

function lampOf({ phase, ending }: PhoneState, state: string | null): LampWord {
  switch (phase) {
    case 'live':
      return lampWord({ status: 'in_progress', state });
    case 'asking':
    case 'starting':
      return 'ringing';
    case 'reconnecting':
      return 'awaiting_approval';
    case 'ended':
      return ending?.reason?.endsWith('_error') ? 'fault' : 'ended';
    default:
      return 'queued';
  }
}
