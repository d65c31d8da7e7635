import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { useCan } from '@/lib/hooks';
import { PhonePanel } from '@/phone/PhonePanel';
import { ButtonLink } from '@/ui/Button';
import { Select } from '@/ui/Field';
import { Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '@/phone/strings';

const route = getRouteApi('/_app/phone');

/** Be the caller: choose who answers, and talk. */
export function PhonePage() {
  const { t } = useTranslation(['phone', 'common']);
  const { personality } = route.useSearch();
  const navigate = useNavigate();
  const writes = useCan('personality.write');
  const [busy, setBusy] = useState(false);
  const query = $api.useQuery('get', '/v1/personalities', {});
  return (
    <Page title={t('common:page.phone')}>
      <Answer of={query} problem={asProblem}>
        {({ data }) => {
          const chosen = data.find(({ id }) => id === personality) ?? data[0];
          if (!chosen) {
            return (
              <Empty
                title={t('page.none')}
                hint={t('page.noneHint')}
                action={
                  writes && <ButtonLink to="/personalities">{t('common:page.personalities')}</ButtonLink>
                }
              />
            );
          }
          return (
            <div className="flex min-h-0 flex-1 flex-col md:p-6">
              <div className="flex min-h-0 w-full max-w-[760px] flex-1 flex-col border-line md:rounded md:border">
                <div className="border-b border-line bg-surface px-4 py-3">
                  <Select
                    label={t('page.who')}
                    value={chosen.id}
                    disabled={busy}
                    onChange={(event) =>
                      void navigate({
                        to: '/phone',
                        search: { personality: event.target.value },
                        replace: true,
                      })
                    }
                  >
                    {data.map(({ id, name }) => (
                      <option key={id} value={id}>
                        {name}
                      </option>
                    ))}
                  </Select>
                </div>
                <PhonePanel
                  key={chosen.id}
                  title={chosen.name}
                  name={chosen.name}
                  party={() => ({ personality_id: chosen.id })}
                  onBusy={setBusy}
                />
              </div>
            </div>
          );
        }}
      </Answer>
    </Page>
  );
}
