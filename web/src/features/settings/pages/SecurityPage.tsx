import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { useCan, useMe } from '@/lib/hooks';
import { Body, Page } from '@/ui/Page';
import { Answer } from '@/ui/States';
import '../strings';
import { LinkSso } from '../parts/LinkSso';
import { Password } from '../parts/Password';
import { Requirement } from '../parts/Requirement';
import { Sessions } from '../parts/Sessions';
import { SettingsTabs } from '../parts/SettingsTabs';
import { SsoConnection } from '../parts/SsoConnection';
import { TwoFactor } from '../parts/TwoFactor';

/** How one proves who one is, from where one is signed in, and what the company asks of everybody. */
export function SecurityPage() {
  const { t } = useTranslation(['settings', 'common']);
  const sso = useCan('sso.read');
  const policy = useCan('policy.write');
  const me = useMe();
  return (
    <Page title={t('common:page.settings')} tab={t('security.tab')}>
      <SettingsTabs />
      <Body narrow>
        <Answer of={me} problem={asProblem} rows={3} small>
          {({ totp }) => (totp ? <TwoFactor totp={totp} /> : null)}
        </Answer>
        <Password needsCode={me.data?.totp?.enabled ?? false} />
        <Sessions />
        <LinkSso />
        {policy && <Requirement />}
        {sso && <SsoConnection />}
      </Body>
    </Page>
  );
}
