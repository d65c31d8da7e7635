import { useTranslation } from 'react-i18next';
import { useCan } from '@/lib/hooks';
import { TabLink, Tabs } from '@/ui/Tabs';

export function SettingsTabs() {
  const { t } = useTranslation(['settings', 'common']);
  const sees = useCan('call.read');
  return (
    <Tabs label={t('common:page.settings')}>
      <TabLink to="/settings" activeOptions={{ exact: true }}>
        {t('me')}
      </TabLink>
      {sees && <TabLink to="/settings/policies">{t('policy.tab')}</TabLink>}
    </Tabs>
  );
}
