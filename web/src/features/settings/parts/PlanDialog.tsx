import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PlanChange, PlanInfo } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Answer, Notice } from '@/ui/States';
import { PlanDifference } from './PlanDifference';

type Plan = PlanChange['to'];

/** What another plan would do to what the company has, and the change itself. */
export function PlanDialog({ plan, onClose }: { plan: Plan | null; onClose: () => void }) {
  const { t } = useTranslation('settings');
  return (
    <Dialog
      open={plan !== null}
      onClose={onClose}
      title={plan ? t('plans.change', { plan: t(`plans.name.${plan}`) }) : ''}
      description={t('plans.changeHint')}
    >
      {plan && <Preview plan={plan} onClose={onClose} />}
    </Dialog>
  );
}

function Preview({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const preview = $api.useQuery(
    'get',
    '/v1/tenant/plan/preview',
    { params: { query: { plan } } },
    { staleTime: 0 },
  );
  return (
    <Answer of={preview} problem={asProblem} rows={3} small>
      {(change) => <Change change={change} onClose={onClose} />}
    </Answer>
  );
}

const kinds = [
  'numbers',
  'number_pools',
  'personalities',
  'voices',
  'models',
  'live_events',
  'sso',
  'concurrent_calls',
] as const;

function Change({ change, onClose }: { change: PlanChange; onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const plans = $api.queryOptions('get', '/v1/plans', {}).queryKey;
  const now = client.getQueryData<{ data: PlanInfo[] }>(plans)?.data.find(({ current }) => current);
  const { busy, problem, act } = useAct();
  const apply = async () => {
    const done = await act(async () => {
      body(await api.PUT('/v1/tenant/plan', { body: { plan: change.to } }));
      // The list names the plan before for some seconds more.
      client.setQueryData<{ data: PlanInfo[] }>(
        plans,
        (list) =>
          list && { ...list, data: list.data.map((each) => ({ ...each, current: each.plan === change.to })) },
      );
      await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] !== '/v1/plans' });
    });
    if (done) onClose();
  };
  return (
    <div className="grid gap-4">
      {now && <PlanDifference now={now} change={change} />}
      {change.exceeding.length === 0 ? (
        <Notice kind="ok">{t('plans.fits')}</Notice>
      ) : (
        <section className="grid gap-3">
          <p className="text-sm text-ink-2">{t('plans.exceeds')}</p>
          <ul className="grid gap-3">
            {change.exceeding.map(({ what, have, allowed, names, then }) => {
              const kind = kinds.find((each) => each === what);
              return (
                <li key={what} className="grid gap-1 border-s-4 border-warn ps-3">
                  <p className="font-medium">
                    {kind ? t(`limit.${kind}`) : what}{' '}
                    <span className="fig">
                      {allowed > 0 ? t('common:gauge.of', { have, limit: allowed }) : have}
                    </span>
                  </p>
                  {names.length > 0 && (
                    <p className="text-sm text-ink-2">{names.map(({ name }) => phone(name)).join(', ')}</p>
                  )}
                  <p className="text-sm">{`${then.charAt(0).toUpperCase()}${then.slice(1)}.`}</p>
                </li>
              );
            })}
          </ul>
        </section>
      )}
      {!change.allowed && <Notice kind="warn">{t('plans.notAllowed')}</Notice>}
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button kind="primary" disabled={!change.allowed} busy={busy} onClick={() => void apply()}>
          {t('plans.apply', { plan: t(`plans.name.${change.to}`) })}
        </Button>
      </Buttons>
    </div>
  );
}
