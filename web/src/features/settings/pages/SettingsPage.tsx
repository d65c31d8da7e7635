import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { signOut } from '@/api/session';
import { preferences } from '@/lib/preferences';
import { Button } from '@/ui/Button';
import { Check, Segments } from '@/ui/Field';
import { Block, Body, Facts, Page } from '@/ui/Page';
import { Answer } from '@/ui/States';
import '../strings';
import { SettingsTabs } from '../parts/SettingsTabs';

/** Who you are here, and how the pages look and listen to keys. */
export function SettingsPage() {
  const { t } = useTranslation(['settings', 'common']);
  const me = $api.useQuery('get', '/v1/me', {}, { staleTime: 60_000 });
  return (
    <Page
      title={t('common:page.settings')}
      actions={<Button onClick={() => void signOut()}>{t('common:signOut')}</Button>}
    >
      <SettingsTabs />
      <Body narrow>
        <Look />
        <Answer of={me} problem={asProblem} rows={4}>
          {({ user, tenant, role, limits }) => (
            <>
              <Block title={t('me')}>
                <Facts
                  rows={[
                    [t('name'), user?.name ?? ''],
                    [t('email'), user?.email ?? ''],
                    [t('role'), role ? t(`common:role.${role}`) : ''],
                    [t('company'), tenant.name],
                    [t('plan'), t(`plans.name.${tenant.plan}`)],
                    [t('zone'), tenant.time_zone],
                  ]}
                />
              </Block>
              <Block title={t('limits')}>
                <Facts
                  rows={(['concurrent_calls', 'numbers', 'personalities', 'api_keys'] as const).map(
                    (name) => [
                      t(`limit.${name}`),
                      <span key={name} className="fig">
                        {limits[name] ?? t('limit.none')}
                      </span>,
                    ],
                  )}
                />
              </Block>
            </>
          )}
        </Answer>
      </Body>
    </Page>
  );
}

function Look() {
  const { t } = useTranslation('settings');
  const { theme, keys, announce } = useStore(preferences);
  return (
    <Block title={t('look')}>
      <div className="grid gap-5">
        <div className="grid gap-1.5">
          <p className="text-sm font-medium text-ink-2">{t('theme.label')}</p>
          <Segments
            label={t('theme.label')}
            value={theme}
            choices={(['system', 'light', 'dark'] as const).map((value) => ({
              value,
              label: t(`theme.${value}`),
            }))}
            onChange={(value) => preferences.setState({ theme: value })}
          />
        </div>
        <Check
          label={t('keys')}
          hint={t('keysHint')}
          checked={keys}
          onChange={(event) => preferences.setState({ keys: event.target.checked })}
        />
        <div className="grid gap-1.5">
          <p className="text-sm font-medium text-ink-2">{t('announce.label')}</p>
          <Segments
            label={t('announce.label')}
            value={announce}
            choices={(['nothing', 'requests', 'everything'] as const).map((value) => ({
              value,
              label: t(`announce.${value}`),
            }))}
            onChange={(value) => preferences.setState({ announce: value })}
          />
        </div>
      </div>
    </Block>
  );
}
