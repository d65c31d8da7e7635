import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Call } from '@/api/types';
import { dateTime, phone } from '@/lib/format';
import { TextLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer } from '@/ui/States';
import '../strings';
import { CallActs } from '../parts/CallActs';
import { CallFacts } from '../parts/CallFacts';
import { CallWords } from '../parts/CallWords';
import { Cost } from '../parts/Cost';
import { Metadata } from '../parts/Metadata';
import { Outcome } from '../parts/Outcome';
import { Recordings } from '../parts/Recordings';

const route = getRouteApi('/_app/calls/$call');

/** A transfer's outcome is told when the talk there is over, which may be long after the call's own end. */
function nextLook({ status, ended_reason }: Call): number | false {
  if (status !== 'ended') return 3_000;
  return ended_reason === 'transferred' ? 10_000 : false;
}

/** The record of one call: how it ended, what was said, how quick the answers were, what it cost. */
export function CallPage() {
  const { t } = useTranslation('calls');
  const { call: id } = route.useParams();
  const call = $api.useQuery(
    'get',
    '/v1/calls/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (state.data ? nextLook(state.data) : false) },
  );
  const title = call.data ? titleOf(call.data, t) : t('one');
  return (
    <Page
      title={title}
      aside={call.data && dateTime(call.data.created_at)}
      actions={call.data && <CallActs call={call.data} />}
    >
      <Answer of={call} problem={asProblem}>
        {(known) => (
          <Body>
            <p className="px-4 text-sm md:px-0">
              <TextLink to="/calls">{t('back')}</TextLink>
            </p>
            <Outcome call={known} />
            <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_320px]">
              <div className="grid min-w-0 gap-4">
                <Recordings call={known} />
                <CallWords call={known} />
              </div>
              <div className="grid min-w-0 gap-4">
                <CallFacts call={known} />
                <Cost call={known} />
                <Metadata call={known} />
              </div>
            </div>
          </Body>
        )}
      </Answer>
    </Page>
  );
}

type T = ReturnType<typeof useTranslation<'calls'>>['t'];

function titleOf({ channel, direction, from, to }: Call, t: T): string {
  if (channel === 'web') return t('titleWeb');
  return direction === 'outbound' ? t('titleTo', { number: phone(to) }) : t('title', { caller: phone(from) });
}
