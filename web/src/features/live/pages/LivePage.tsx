import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { useCan, useNow } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { type Need, needOf, needs, needsOf, sortByNeed } from '@/live/attention';
import { socket } from '@/live/live';
import { lingerMs, type WallLine } from '@/live/wall';
import { BellSwitch } from '@/supervision/BellSwitch';
import { Button, ButtonLink } from '@/ui/Button';
import { Page } from '@/ui/Page';
import { Empty, Failed, Loading } from '@/ui/States';
import '../strings';
import { choicesOf, isIn, matches, useLines } from '../model';
import { Capacity } from '../parts/Capacity';
import { NeedStrip } from '../parts/NeedStrip';
import { NoLines } from '../parts/NoLines';
import { WallFilters } from '../parts/WallFilters';
import { WallList } from '../parts/WallList';
import type { WallSearch } from '../search';

const route = getRouteApi('/_app/live/');

/** The wall: every live call as one line, the neediest first. */
export function LivePage() {
  const { t } = useTranslation(['live', 'common']);
  const navigate = useNavigate();
  const search = route.useSearch();
  const { lines: all, ready, problem, retry } = useLines();
  const link = useStore(socket.state, (state) => state.link);
  const self = useStore(sessionStore, ({ session }) => session?.user.id);
  const now = useNow(link !== 'offline' && link !== 'reconnecting');
  const words = useCan('transcript.read');

  const shown = all.filter((line) => line.endedAt === null || now - line.endedAt < lingerMs);
  const among = shown.filter((line) => matches(line, search));
  const { need } = search;
  const lines = sortByNeed(need ? among.filter((line) => isIn(line, need, self, now)) : among, now);
  const waiting = shown.filter((line) => ['asks', 'approval'].includes(needOf(line, now)));
  const page = t('common:page.live');
  const tab = waiting.length > 0 ? t('common:title.asking', { count: waiting.length, page }) : page;

  useKeys({
    ']': () => {
      const [next] = sortByNeed(waiting, now);
      if (next) void navigate({ to: '/live/$call', params: { call: next.call.id } });
    },
  });
  const change = (part: Partial<WallSearch>) =>
    void navigate({ to: '/live', search: (old) => ({ ...old, ...part }), replace: true });
  const nothing: WallSearch = { q: undefined, need: undefined, number: undefined };

  return (
    <Page
      title={page}
      tab={tab}
      aside={<Capacity open={shown.filter((line) => line.endedAt === null).length} />}
      actions={<Doors />}
    >
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 md:px-6">
        <NeedStrip
          all={among.filter((line) => line.endedAt === null).length}
          counts={countNeeds(among, now)}
          mine={among.filter((line) => isIn(line, 'mine', self, now)).length}
          value={need}
          onChange={(chosen) => change({ need: chosen })}
        />
        <div className="flex flex-wrap items-center gap-2 max-md:w-full">
          <WallFilters search={search} choices={choicesOf(shown, search)} onChange={change} />
        </div>
      </div>
      {problem ? (
        <Failed problem={problem} onRetry={retry} />
      ) : !ready ? (
        <Loading rows={6} />
      ) : shown.length === 0 ? (
        <NoLines />
      ) : lines.length === 0 ? (
        <Empty
          title={t('nothing')}
          action={
            <Button onClick={() => change({ ...nothing, personality: undefined, state: undefined })}>
              {t('clear')}
            </Button>
          }
        />
      ) : (
        <WallList label={page} lines={lines} now={now} words={words} self={self} />
      )}
    </Page>
  );
}

/** Ways to have a call: from this browser, or to a number. And whether requests ring. */
function Doors() {
  const { t } = useTranslation(['live', 'common']);
  const places = useCan('call.create');
  const calls = useCan('web_call.create');
  const steps = useCan('call.intervene');
  return (
    <>
      {steps && <BellSwitch />}
      {calls && <ButtonLink to="/phone">{t('common:page.phone')}</ButtonLink>}
      {places && (
        <ButtonLink to="/calls" search={{ place: true }}>
          {t('place')}
        </ButtonLink>
      )}
    </>
  );
}

function countNeeds(lines: readonly WallLine[], now: number): Record<Need, number> {
  const counts = Object.fromEntries(needs.map((need) => [need, 0])) as Record<Need, number>;
  for (const line of lines) for (const need of needsOf(line, now)) counts[need] += 1;
  return counts;
}
