import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { clockTime, duration, phone } from '@/lib/format';
import type { Item, Speaker } from '@/live/wire';
import '@/transcript/strings';
import { Block } from '@/ui/Page';
import { beginOf, lengthOf, type Moment, machines, momentsOf, stretchesOf } from '../timeline';

const lanes = ['caller', 'agent', 'supervisor', 'colleague'] as const satisfies Speaker[];
const colours = { caller: 'bg-caller', agent: 'bg-agent', supervisor: 'bg-human', colleague: 'bg-human' };

/** Who spoke when, and everything else that happened, by the clock of the call. */
export function Timeline({ call, items }: { call: Call; items: readonly Item[] }) {
  const { t } = useTranslation(['calls', 'common']);
  const moments = momentsOf(call, items);
  return (
    <Block title={t('timeline.title')} pad={false}>
      <Strip call={call} items={items} />
      <ol aria-label={t('timeline.title')}>
        {moments.map((moment) => (
          <MomentLine key={moment.key} moment={moment} />
        ))}
      </ol>
    </Block>
  );
}

function MomentLine({ moment }: { moment: Moment }) {
  const { t } = useTranslation(['calls', 'common', 'transcript']);
  const { at, ms } = moment;
  return (
    <li className="grid grid-cols-[64px_minmax(0,1fr)_auto] items-baseline gap-3 border-b border-line px-4 py-1.5 last:border-b-0">
      <span className="fig text-ink-3">{beside(ms, t)}</span>
      <span className="min-w-0 break-words">{words(moment, t)}</span>
      <time dateTime={at} className="fig text-ink-3 max-sm:hidden">
        {clockTime(at)}
      </time>
    </li>
  );
}

/** Seconds are whole here: what came a moment before the answer did not come at minus zero. */
function beside(ms: number, t: T): string {
  if (ms >= 0) return duration(ms);
  return ms > -1_000 ? t('timeline.before') : `−${duration(-ms)}`;
}

type T = ReturnType<typeof useTranslation<['calls', 'common', 'transcript']>>['t'];

const transfers = [
  'requested',
  'dialing',
  'ringing',
  'asked',
  'accepted',
  'joined',
  'completed',
  'failed',
] as const;
const recordings = ['recording', 'paused', 'stopped'] as const;
const find = <W extends string>(known: readonly W[], word: string) => known.find((each) => each === word);

function words({ kind, detail = '', to = '' }: Moment, t: T): string {
  if (kind === 'machine') {
    const known = find(machines, detail);
    return t('timeline.machine', { kind: known ? t(`machine.kind.${known}`) : detail });
  }
  if (kind === 'transfer') {
    const known = find(transfers, detail);
    const whom = to ? phone(to) : t('transcript:somebody');
    return known
      ? t(`transcript:transfer.${known}`, { to: whom })
      : t('transcript:transfer.other', { to: whom, status: detail });
  }
  if (kind === 'recording') {
    const known = find(recordings, detail);
    return known ? t(`transcript:recording.${known}`) : t('transcript:recording.other', { status: detail });
  }
  return t(`timeline.${kind}`, { detail });
}

/** The same as a picture: a lane for each who spoke. */
function Strip({ call, items }: { call: Call; items: readonly Item[] }) {
  const { t } = useTranslation(['calls', 'common']);
  const length = lengthOf(call, items);
  const stretches = stretchesOf(items, beginOf(call), length);
  const shown = lanes.filter((lane) => stretches.some(({ speaker }) => speaker === lane));
  if (shown.length === 0) return null;
  const share = (ms: number) => `${(ms / length) * 100}%`;
  return (
    <figure className="grid gap-1 border-b border-line px-4 py-3">
      <div aria-hidden="true" className="grid gap-1">
        {shown.map((lane) => (
          <div key={lane} className="grid grid-cols-[72px_minmax(0,1fr)] items-center gap-2">
            <span className="truncate text-xs text-ink-2">
              {t(`common:speaker.${lane === 'caller' && call.direction === 'outbound' ? 'callee' : lane}`)}
            </span>
            <span className="relative block h-4 bg-sunken">
              {stretches
                .filter(({ speaker }) => speaker === lane)
                .map(({ key, fromMs, toMs }) => (
                  <span
                    key={key}
                    className={`absolute inset-y-0.5 ${colours[lane]}`}
                    style={{
                      insetInlineStart: share(fromMs),
                      inlineSize: share(toMs - fromMs),
                      minInlineSize: 2,
                    }}
                  />
                ))}
            </span>
          </div>
        ))}
        <div className="grid grid-cols-[72px_minmax(0,1fr)] gap-2">
          <span />
          <span className="fig flex justify-between text-ink-3">
            <span>{duration(0)}</span>
            <span>{duration(length)}</span>
          </span>
        </div>
      </div>
      <figcaption className="text-xs text-ink-3">{t('timeline.note')}</figcaption>
    </figure>
  );
}
