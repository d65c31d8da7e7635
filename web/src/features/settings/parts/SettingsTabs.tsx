import { useTranslation } from 'react-i18next';
import { useCan } from '@/lib/hooks';
import { TabLink, Tabs } from '@/ui/Tabs';

export function SettingsTabs() {
  const { t } = useTranslation(['settings', 'common']);
  const reads = useCan('call.read');
  const plans = useCan('plan.read');
  const providers = useCan('provider_credential.read');
  const privacy = useCan('privacy.read');
  return (
    <Tabs label={t('common:page.settings')}>
      <TabLink to="/settings" activeOptions={{ exact: true }}>
        {t('me')}
      </TabLink>
      <TabLink to="/settings/security">{t('security.tab')}</TabLink>
      {plans && <TabLink to="/settings/plan">{t('plans.tab')}</TabLink>}
      {reads && <TabLink to="/settings/policies">{t('policy.tab')}</TabLink>}
      {providers && <TabLink to="/settings/providers">{t('providers.tab')}</TabLink>}
      {privacy && <TabLink to="/settings/privacy">{t('privacy.tab')}</TabLink>}
    </Tabs>
  );
}
