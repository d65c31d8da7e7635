import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import type { Call } from '@/api/types';
import { useCan, useNow } from '@/lib/hooks';
import { notYetShown } from '@/live/actions';
import { acts, socket } from '@/live/live';
import { emptySnapshot } from '@/live/reducer';
import type { CallState } from '@/live/topics';
import { keepRows, makeRows, type Row } from '@/transcript/rows';
import { Transcript, type TranscriptHandle } from '@/transcript/Transcript';
import { useUsualLanguage } from '@/transcript/usual_language';
import { Failed, Loading, Notice } from '@/ui/States';
import { forgetDrafts } from '../drafts';
import { type Here, HereContext, type Panel, usualAbilities } from '../here';
import { useConsoleKeys } from '../keys';
import { useKeptItems, useWatched } from '../model';
import { perform } from '../undo';
import { Announcer } from './Announcer';
import { ConsoleHeader } from './ConsoleHeader';
import { Ended } from './Ended';
import { InterveneBar, type Mode } from './InterveneBar';
import { Layout, type Tab } from './Layout';
import { Levels } from './Levels';
import { Panels } from './Panels';
import { RequestBar } from './RequestBar';
import { TimelineStrip } from './TimelineStrip';

const route = getRouteApi('/_app/live/$call');

const waiting: CallState = {
  ready: false,
  call: null,
  live: emptySnapshot,
  abilities: null,
  problem: null,
};
const again = (id: string) => void acts.again(id);

const never = { getState: () => waiting, getInitialState: () => waiting, subscribe: () => () => undefined };

/** The console of one call: lines, talk, requests, and the bar to step in with. */
export function Console({ first }: { first: Call }) {
  const { t } = useTranslation('console');
  const watched = useWatched(first.id);
  const { ready, call: told, live, abilities, problem } = useStore(watched ?? never);
  const allActs = useStore(acts.store, (state) => state.acts);
  const link = useStore(socket.state, (state) => state.link);
  const self = useStore(sessionStore, ({ session }) => session?.user.id);
  const words = useCan('transcript.read');
  const can = {
    intervene: useCan('call.intervene'),
    transfer: useCan('call.transfer'),
    end: useCan('call.end'),
  };
  const { take } = route.useSearch();
  const [tab, setTab] = useState<Tab>('talk');
  const [panel, setPanel] = useState<Panel | null>(take ? 'takeover' : null);
  const [mode, setMode] = useState<Mode>('verbatim');
  const transcript = useRef<TranscriptHandle>(null);

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
  const usual = useUsualLanguage(call.personality?.id, items);
  const drawn = useRef<readonly Row[]>([]);
  const rows = useMemo(() => {
    const made = makeRows(items, live.turns, notYetShown(allActs, call.id, items), self, usual);
    return keepRows(drawn.current, made);
  }, [items, live.turns, allActs, call.id, self, usual]);
  useEffect(() => {
    drawn.current = rows;
  }, [rows]);

  const client = useQueryClient();
  useEffect(() => {
    if (!over) return;
    forgetDrafts(call.id);
    void client.invalidateQueries({ queryKey: ['get', '/v1/calls/{id}'], refetchType: 'none' });
  }, [over, client, call.id]);

  const { claimed_by: holder, takeover } = live;
  const here: Here = {
    call,
    live: shown,
    self,
    abilities: abilities ?? usualAbilities(call),
    can,
    over,
    cut: link === 'offline' || link === 'refused',
    heldBy: holder && holder.id !== self ? holder : null,
    spokenBy: takeover && { actor: takeover.actor, you: takeover.actor.id === self },
    act: (action) => perform(call.id, action, live),
    open: setPanel,
  };
  useConsoleKeys(here, { transcript, setMode, show: setTab });

  if (problem && !ready) return <Failed problem={problem} />;
  return (
    <HereContext value={here}>
      <Layout
        now={now}
        tab={tab}
        onTab={setTab}
        own={here.spokenBy?.you === true}
        header={<ConsoleHeader now={now} link={link} />}
        talk={
          <>
            {!words && (
              <div className="p-3">
                <Notice kind="warn">{t('wordsHidden')}</Notice>
              </div>
            )}
            {ready || over || kept ? (
              <Transcript
                ref={transcript}
                rows={rows}
                self={self}
                outbound={call.direction === 'outbound'}
                wordsHidden={!words}
                onAgain={again}
                onDismiss={acts.dismiss}
              />
            ) : (
              <Loading rows={4} />
            )}
            {words && items.length > 0 && (
              <TimelineStrip
                call={call}
                items={items}
                now={now}
                onShow={(key) => transcript.current?.show(key)}
              />
            )}
            <Levels />
            <RequestBar now={now} onOpen={() => setTab('cards')} />
            {over ? (
              <Ended call={call} ending={live.ending} items={items} />
            ) : can.intervene ? (
              <InterveneBar mode={mode} onMode={setMode} />
            ) : (
              <p className="border-t border-line px-4 py-3 text-sm text-ink-2">{t('watching')}</p>
            )}
          </>
        }
      />
      <Panels panel={over ? null : panel} onClose={() => setPanel(null)} />
      <Announcer live={live} ready={ready} self={self} />
    </HereContext>
  );
}
