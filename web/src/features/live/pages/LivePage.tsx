import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { useCan, useNow } from '@/lib/hooks';
import { useKeys } from '@/lib/keys';
import { socket, wall } from '@/live/live';
import { lineOf, lingerMs, needOf, sortByNeed, type WallLine } from '@/live/wall';
import { Button, ButtonLink } from '@/ui/Button';
import { Segments, TextField } from '@/ui/Field';
import { Page } from '@/ui/Page';
import { Empty, Failed, Loading } from '@/ui/States';
import '../strings';
import { Capacity } from '../parts/Capacity';
import { NoLines } from '../parts/NoLines';
import { WallRow } from '../parts/WallRow';

const route = getRouteApi('/_app/live/');

export type NeedFilter = 'all' | 'asks' | 'slow' | 'human';

/** The wall: every live call as one line, the neediest first. */
export function LivePage() {
  const { t } = useTranslation(['live', 'common']);
  const navigate = useNavigate();
  const { q = '', need = 'all' } = route.useSearch();
  const { lines: all, ready, problem, retry } = useLines();
  const link = useStore(socket.state, (state) => state.link);
  const now = useNow(link !== 'offline' && link !== 'reconnecting');
  const words = useCan('transcript.read');
  const places = useCan('call.create');
  const calls = useCan('web_call.create');

  const shown = all.filter((line) => line.endedAt === null || now - line.endedAt < lingerMs);
  const lines = sortByNeed(shown.filter((line) => matches(line, q, need)));
  const asking = shown.filter((line) => needOf(line) === 'asks');
  const page = t('common:page.live');
  const tab = asking.length > 0 ? t('common:title.asking', { count: asking.length, page }) : page;

  const open = (line: WallLine | undefined) => {
    if (line) void navigate({ to: '/live/$call', params: { call: line.call.id } });
  };
  useKeys({
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => [String(key), () => open(lines[key - 1])]),
    ),
    ']': () => open(asking[0]),
    j: () => step(1),
    k: () => step(-1),
  });

  const search = (change: { q?: string; need?: NeedFilter }) =>
    void navigate({ to: '/live', search: (old) => ({ ...old, ...change }), replace: true });

  return (
    <Page
      title={page}
      tab={tab}
      aside={<Capacity open={shown.filter((line) => line.endedAt === null).length} />}
      actions={
        <>
          {calls && <ButtonLink to="/phone">{t('common:page.phone')}</ButtonLink>}
          {places && (
            <ButtonLink to="/calls" search={{ place: true }}>
              {t('place')}
            </ButtonLink>
          )}
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2 md:px-6">
        <div className="w-full sm:w-56">
          <TextField
            label={t('filter')}
            hideLabel
            type="search"
            data-filter=""
            placeholder={t('filterHint')}
            value={q}
            onChange={(event) => search({ q: event.target.value || undefined })}
          />
        </div>
        <Segments
          label={t('need.label')}
          value={need}
          choices={(['all', 'asks', 'slow', 'human'] as const).map((value) => ({
            value,
            label: t(`need.${value}`),
          }))}
          onChange={(value) => search({ need: value === 'all' ? undefined : value })}
        />
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
          action={<Button onClick={() => search({ q: undefined, need: undefined })}>{t('clear')}</Button>}
        />
      ) : (
        <ol className="bg-surface" aria-label={page}>
          {lines.map((line, at) => (
            <WallRow key={line.call.id} line={line} place={at + 1} now={now} words={words} />
          ))}
        </ol>
      )}
    </Page>
  );
}

/** The lines from the socket or, while it cannot be had, from the API every few seconds. */
function useLines() {
  const { lines, ready } = useStore(wall.store);
  const link = useStore(socket.state, (state) => state.link);
  const polls = !ready && link !== 'catching_up' && link !== 'live' && link !== 'connecting';
  const { data, error, refetch } = $api.useQuery(
    'get',
    '/v1/calls/live',
    {},
    { enabled: polls, refetchInterval: 5_000 },
  );
  if (ready) return { ready, lines: Object.values(lines), problem: null, retry: () => undefined };
  const problem = polls && error && !data ? asProblem(error) : null;
  return {
    ready: data !== undefined,
    lines: data?.data.map(lineOf) ?? [],
    problem,
    retry: () => void refetch(),
  };
}

function matches(line: WallLine, q: string, need: NeedFilter): boolean {
  if (need !== 'all' && needOf(line) !== need) return false;
  if (!q) return true;
  const { from, to, personality } = line.call;
  const hay = `${from} ${to} ${personality?.name ?? ''} ${line.words?.text ?? ''}`.toLowerCase();
  const wanted = q.toLowerCase();
  return hay.includes(wanted) || hay.includes(wanted.replace(/[\s()-]/g, ''));
}

function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-line]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}
