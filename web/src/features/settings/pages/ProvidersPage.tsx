import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import { useCan } from '@/lib/hooks';
import { Body, Page } from '@/ui/Page';
import { Answer, NoPermission } from '@/ui/States';
import '../strings';
import { Provider } from '../parts/Provider';
import { SettingsTabs } from '../parts/SettingsTabs';

const known = ['openai'] as const;

/** The company's own keys at providers of models: written, checked, never shown. */
export function ProvidersPage() {
  const { t } = useTranslation(['settings', 'common']);
  const allowed = useCan('provider_credential.read');
  const company = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const credentials = $api.useQuery('get', '/v1/provider_credentials', {}, { enabled: allowed });
  return (
    <Page title={t('common:page.settings')} tab={t('providers.tab')}>
      <SettingsTabs />
      {allowed ? (
        <Body narrow>
          <p className="text-ink-2 max-md:px-4">{t('providers.hint')}</p>
          <Answer of={credentials} problem={asProblem} rows={3}>
            {({ data }) =>
              known.map((provider) => {
                const credential = data.find((each) => each.provider === provider) ?? null;
                return (
                  <Provider
                    key={`${provider} ${credential?.updated_at ?? ''}`}
                    provider={provider}
                    credential={credential}
                  />
                );
              })
            }
          </Answer>
        </Body>
      ) : (
        <NoPermission needs="provider_credential.read" tenant={company} />
      )}
    </Page>
  );
}
