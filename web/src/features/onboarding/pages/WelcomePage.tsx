import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { sessionStore } from '@/api/session';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { onboarded } from '@/lib/onboarded';
import { wall } from '@/live/live';
import { Button, ButtonLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import '../strings';

/** The way from a new company to its first call. */
export function WelcomePage() {
  const { t } = useTranslation(['onboarding', 'common']);
  const navigate = useNavigate();
  const session = useStore(sessionStore, (state) => state.session);
  const calls = useStore(
    wall.store,
    ({ lines }) => Object.values(lines).filter((line) => !line.endedAt).length,
  );
  const numbers = $api.useQuery('get', '/v1/numbers', {});
  const buys = useCan('number.buy');
  const talks = useCan('web_call.create');
  if (!session) return null;
  const { tenant, user } = session;
  const number = numbers.data?.data.find((each) => each.status === 'active');
  const leave = () => {
    onboarded.add(tenant.id);
    void navigate({ to: '/live' });
  };
  return (
    <Page
      title={t('title', { name: user.name })}
      actions={<Button onClick={leave}>{number ? t('done') : t('skip')}</Button>}
    >
      <Body narrow>
        <p className="px-4 text-ink-2 md:px-0">{t('intro', { company: tenant.name })}</p>
        <ol className="border-y border-line bg-surface md:rounded md:border-x">
          <Step number={1} title={t('company.title')} done>
            {t('company.hint', { company: tenant.name, plan: tenant.plan, zone: tenant.time_zone })}
          </Step>
          <Step
            number={2}
            title={t('personality.title')}
            done={number !== undefined}
            action={<ButtonLink to="/personalities">{t('personality.action')}</ButtonLink>}
          >
            {t('personality.hint')}
          </Step>
          <Step
            number={3}
            title={t('number.title')}
            done={number !== undefined}
            action={
              !number &&
              buys && (
                <ButtonLink to="/numbers" search={{ buy: true }} kind="primary">
                  {t('number.action')}
                </ButtonLink>
              )
            }
          >
            {number
              ? t('number.have', { number: phone(number.e164), personality: number.personality?.name ?? '–' })
              : t('number.hint')}
          </Step>
          <Step
            number={4}
            title={t('call.title')}
            done={calls > 0}
            action={
              <div className="flex flex-wrap gap-2">
                {talks && <ButtonLink to="/phone">{t('common:page.phone')}</ButtonLink>}
                {number && (
                  <Button kind="primary" onClick={leave}>
                    {t('call.action')}
                  </Button>
                )}
              </div>
            }
          >
            {number ? t('call.hint', { number: phone(number.e164) }) : t('call.wait')}
            {calls > 0 && <strong className="block text-ok">{t('call.open', { count: calls })}</strong>}
          </Step>
        </ol>
      </Body>
    </Page>
  );
}

function Step({
  number,
  title,
  done,
  action,
  children,
}: {
  number: number;
  title: string;
  done: boolean;
  action?: ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation('onboarding');
  return (
    <li className="grid grid-cols-[32px_minmax(0,1fr)] items-start gap-x-4 gap-y-2 border-b border-line p-4 last:border-b-0 sm:grid-cols-[32px_minmax(0,1fr)_auto]">
      <span
        className={`fig grid size-8 place-items-center rounded-full border-2 ${done ? 'border-brand bg-brand text-on-brand' : 'border-line-strong text-ink-2'}`}
        aria-hidden="true"
      >
        {done ? '✓' : number}
      </span>
      <div>
        <h2 className="font-semibold">
          <span className="sr-only">
            {t('step', { number })} {done && `(${t('isDone')})`}:{' '}
          </span>
          {title}
        </h2>
        <div className="text-ink-2">{children}</div>
      </div>
      {action && <div className="max-sm:col-start-2">{action}</div>}
    </li>
  );
}
