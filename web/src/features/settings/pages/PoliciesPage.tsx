import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import { useCan } from '@/lib/hooks';
import { Body, Page } from '@/ui/Page';
import { Answer, NoPermission } from '@/ui/States';
import '../strings';
import { Consents } from '../parts/Consents';
import { DoNotCallList } from '../parts/DoNotCallList';
import { NationalLists } from '../parts/NationalLists';
import { OutboundStop } from '../parts/OutboundStop';
import { PolicyForm } from '../parts/PolicyForm';
import { SettingsTabs } from '../parts/SettingsTabs';

/** Whom the company's agents may ring, when and how often. */
export function PoliciesPage() {
  const { t } = useTranslation(['settings', 'common']);
  const sees = useCan('call.read');
  const consents = useCan('contact.read');
  const company = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const tenant = $api.useQuery('get', '/v1/tenant', {}, { enabled: sees });
  return (
    <Page title={t('common:page.settings')} tab={t('policy.tab')}>
      <SettingsTabs />
      {sees ? (
        <Body narrow>
          <Answer of={tenant} problem={asProblem} rows={8}>
            {({ outbound_policy: policy, outbound_stop: stop }) => (
              <>
                {stop && <OutboundStop stop={stop} />}
                <PolicyForm key={policy.version} policy={policy} />
              </>
            )}
          </Answer>
          <DoNotCallList />
          {consents && (
            <>
              <NationalLists />
              <Consents />
            </>
          )}
        </Body>
      ) : (
        <NoPermission needs="call.read" tenant={company} />
      )}
    </Page>
  );
}
