import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { PlanInfo } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { Block, Body, Page } from '@/ui/Page';
import { Answer, NoPermission } from '@/ui/States';
import '../strings';
import { PlanDialog } from '../parts/PlanDialog';
import { PlanTable } from '../parts/PlanTable';
import { PlanUsage } from '../parts/PlanUsage';
import { SettingsTabs } from '../parts/SettingsTabs';

/** The plan, what of it is used, and the others there are. */
export function PlanPage() {
  const { t } = useTranslation(['settings', 'common']);
  const changes = useCan('plan.change');
  const [asking, setAsking] = useState<PlanInfo['plan'] | null>(null);
  const sees = useCan('plan.read');
  const company = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const plans = $api.useQuery('get', '/v1/plans', {}, { enabled: sees });
  if (!sees) {
    return (
      <Page title={t('common:page.settings')} tab={t('plans.tab')}>
        <SettingsTabs />
        <NoPermission needs="plan.read" tenant={company} />
      </Page>
    );
  }
  return (
    <Page title={t('common:page.settings')} tab={t('plans.tab')}>
      <SettingsTabs />
      <Body>
        <Answer of={plans} problem={asProblem} rows={6}>
          {({ data }) => {
            const own = data.find(({ current }) => current);
            return (
              <>
                {own && (
                  <Block title={t('plans.used', { plan: t(`plans.name.${own.plan}`) })}>
                    <PlanUsage limits={own.limits} />
                  </Block>
                )}
                <Block title={t('plans.title')} pad={false}>
                  <PlanTable plans={data} onChoose={changes ? setAsking : undefined} />
                </Block>
              </>
            );
          }}
        </Answer>
      </Body>
      <PlanDialog plan={asking} onClose={() => setAsking(null)} />
    </Page>
  );
}
