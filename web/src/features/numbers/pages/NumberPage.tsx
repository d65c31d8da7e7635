import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { ButtonLink, TextLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer } from '@/ui/States';
import '../strings';
import { AtCarrier } from '../parts/AtCarrier';
import { NumberForm } from '../parts/NumberForm';
import { ReadNumber } from '../parts/ReadNumber';
import { ReleaseDialog } from '../parts/ReleaseDialog';

const route = getRouteApi('/_app/numbers/$id');

/** One number: who answers, whom, when and how, and how it stands at the carrier. */
export function NumberPage() {
  const { t } = useTranslation(['numbers', 'common']);
  const { id } = route.useParams();
  const navigate = useNavigate();
  const configures = useCan('number.configure');
  const [releasing, setReleasing] = useState(false);
  const number = $api.useQuery(
    'get',
    '/v1/numbers/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (state.data?.status === 'pending' ? 2_000 : false) },
  );
  const title = number.data ? phone(number.data.e164) : t('one');
  return (
    <Page
      title={title}
      aside={number.data?.label}
      actions={
        number.data && (
          <ButtonLink to="/calls" search={{ number: id }}>
            {t('itsCalls')}
          </ButtonLink>
        )
      }
    >
      <Answer of={number} problem={asProblem} rows={8}>
        {(known) => (
          <Body>
            <p className="px-4 text-sm md:px-0">
              <TextLink to="/numbers">{t('back')}</TextLink>
            </p>
            <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
              {configures && known.status !== 'released' ? (
                <NumberForm key={known.id} number={known} />
              ) : (
                <ReadNumber number={known} />
              )}
              <div className="max-lg:order-first lg:sticky lg:top-4">
                <AtCarrier number={known} onRelease={() => setReleasing(true)} />
              </div>
            </div>
            <ReleaseDialog
              number={releasing ? known : null}
              onClose={() => setReleasing(false)}
              onReleased={() => void navigate({ to: '/numbers' })}
            />
          </Body>
        )}
      </Answer>
    </Page>
  );
}
