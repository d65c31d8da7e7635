import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import { useCan } from '@/lib/hooks';
import { Block, Body, Page } from '@/ui/Page';
import { Answer, NoPermission } from '@/ui/States';
import '../strings';
import { Copies } from '../parts/Copies';
import { Erasures } from '../parts/Erasures';
import { Retention } from '../parts/Retention';
import { SettingsTabs } from '../parts/SettingsTabs';

/** How long things are kept, copies of what is kept, and erasure. */
export function PrivacyPage() {
  const { t } = useTranslation(['settings', 'common']);
  const sees = useCan('privacy.read');
  const company = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const tenant = $api.useQuery('get', '/v1/tenant', {}, { enabled: sees });
  return (
    <Page title={t('common:page.settings')} tab={t('privacy.tab')}>
      <SettingsTabs />
      {sees ? (
        <Body narrow>
          <Block title={t('retention.title')} pad={false}>
            <Answer of={tenant} problem={asProblem} rows={3} small>
              {(settings) => <Retention settings={settings} />}
            </Answer>
          </Block>
          <Copies />
          <Erasures />
        </Body>
      ) : (
        <NoPermission needs="privacy.read" tenant={company} />
      )}
    </Page>
  );
}
