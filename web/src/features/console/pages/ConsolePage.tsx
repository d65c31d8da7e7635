import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { farEnd } from '@/lib/ended';
import { phone } from '@/lib/format';
import { Heading } from '@/ui/Page';
import { Answer } from '@/ui/States';
import '../strings';
import { Console } from '../parts/Console';

const route = getRouteApi('/_app/live/$call');

/** One live call. The address may hold our id or the carrier's. */
export function ConsolePage() {
  const { t } = useTranslation('console');
  const { call: id } = route.useParams();
  const call = $api.useQuery('get', '/v1/calls/{id}', { params: { path: { id } } });
  const title = call.data
    ? t(call.data.direction === 'outbound' ? 'titleTo' : 'title', { caller: phone(farEnd(call.data)) })
    : t('one');
  return (
    <>
      <Heading key={id} title={title} quiet />
      <Answer of={call} problem={asProblem}>
        {(first) => <Console key={first.id} first={first} />}
      </Answer>
    </>
  );
}
