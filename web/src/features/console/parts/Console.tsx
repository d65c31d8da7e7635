import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import type { Call } from '@/api/types';
import { useCan, useNow } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { notYetShown } from '@/live/actions';
import { acts, socket, wall } from '@/live/live';
import { emptySnapshot } from '@/live/reducer';
import type { CallState } from '@/live/topics';
import { needOf } from '@/live/wall';
import { makeRows } from '@/transcript/rows';
import { Transcript } from '@/transcript/Transcript';
import { Segments } from '@/ui/Field';
import { Failed, Loading, Notice } from '@/ui/States';
import { useKeptItems, useWatched } from '../model';
import { Announcer } from './Announcer';
import { Cards } from './Cards';
import { ConsoleHeader } from './ConsoleHeader';
import { Ended } from './Ended';
import { InterveneBar } from './InterveneBar';
import { LinesList } from './LinesList';

const waiting: CallState = { ready: false, call: null, live: emptySnapshot, problem: null };
const never = { getState: () => waiting, getInitialState: () => waiting, subscribe: () => () => undefined };

/** The console of one call: lines, talk, requests, and the bar to step in with. */
export function Console({ first }: { first: Call }) {
  const { t } = useTranslation('console');
  const navigate = useNavigate();
  const watched = useWatched(first.id);
  const { ready, call: told, live, problem } = useStore(watched ?? never);
  const allActs = useStore(acts.store, (state) => state.acts);
  const link = useStore(socket.state, (state) => state.link);
  const self = useStore(sessionStore, ({ session }) => session?.user.id);
  const words = useCan('transcript.read');
  const intervenes = useCan('call.intervene');
  const [part, setPart] = useState<'talk' | 'cards'>('talk');

  const call = told ?? first;
  const status = live.status ?? call.status;
  const over = status === 'ended';
  const now = useNow(!over && (link === 'live' || link === 'catching_up' || link === 'connecting'));
  const polls = !ready && words && (link === 'reconnecting' || link === 'refused' || link === 'offline');
  const stored = useKeptItems(call.id, polls, over);
  // What was shown stays while the socket tries again, or a person would lose what they are typing.
  const kept = ready ? null : stored;
  const items = ready ? live.items : (kept ?? live.items);
  const shown = kept ? { ...live, items: kept } : live;
  const rows = useMemo(
    () => makeRows(items, live.turns, notYetShown(allActs, call.id, items)),
    [items, live.turns, allActs, call.id],
  );

  const client = useQueryClient();
  useEffect(() => {
    if (over) void client.invalidateQueries({ queryKey: ['get', '/v1/calls/{id}'], refetchType: 'none' });
  }, [over, client]);

  useKeys({
    ']': () => {
      const lines = Object.values(wall.store.getState().lines);
      const next = lines.find((line) => needOf(line) === 'asks' && line.call.id !== call.id);
      if (next) void navigate({ to: '/live/$call', params: { call: next.call.id } });
    },
    s: () => document.querySelector<HTMLElement>('[data-say]')?.focus(),
    a: () => document.querySelector<HTMLElement>('[data-answer]')?.focus(),
  });

  if (problem && !ready) return <Failed problem={problem} />;
  const asking = items.some(
    (item) => item.kind === 'clarification' && !item.expired && item.answer === undefined,
  );
  return (
    <div className="grid min-h-0 flex-1 grid-cols-1 grid-rows-1 lg:grid-cols-[220px_minmax(0,1fr)]">
      <LinesList current={call.id} now={now} />
      <div className="flex min-h-0 min-w-0 flex-col">
        <ConsoleHeader call={call} live={shown} now={now} link={link} />
        <div className="border-b border-line px-3 py-1.5 md:hidden">
          <Segments
            label={t('tabs.label')}
            value={part}
            choices={[
              { value: 'talk', label: t('tabs.talk') },
              { value: 'cards', label: `${t('tabs.cards')}${asking ? ' ◆' : ''}` },
            ]}
            onChange={setPart}
          />
        </div>
        <div className="grid min-h-0 flex-1 grid-rows-1 md:grid-cols-[minmax(0,1fr)_300px] xl:grid-cols-[minmax(0,1fr)_340px]">
          <div className={`flex min-h-0 min-w-0 flex-col ${part === 'talk' ? '' : 'max-md:hidden'}`}>
            {!words && (
              <div className="p-3">
                <Notice kind="warn">{t('wordsHidden')}</Notice>
              </div>
            )}
            {ready || over || kept ? (
              <Transcript
                rows={rows}
                self={self}
                outbound={call.direction === 'outbound'}
                onAgain={(id) => acts.again(id)}
                onDismiss={acts.dismiss}
              />
            ) : (
              <Loading rows={4} />
            )}
            {over ? (
              <Ended call={call} ending={live.ending} items={items} />
            ) : intervenes ? (
              <InterveneBar
                call={call}
                disabled={link === 'offline' || link === 'refused'}
                held={(live.seq > 0 ? live.state : call.state) === 'on_hold'}
              />
            ) : (
              <p className="border-t border-line px-4 py-3 text-sm text-ink-2">{t('watching')}</p>
            )}
          </div>
          <div
            className={`relative min-h-0 overflow-y-auto border-line md:border-s ${part === 'cards' ? '' : 'max-md:hidden'}`}
          >
            <Cards call={call} live={shown} now={now} canAnswer={intervenes && !over} />
          </div>
        </div>
      </div>
      <Announcer live={live} ready={ready} />
    </div>
  );
}
