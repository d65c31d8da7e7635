import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlanInfo } from '@/api/types';
import { money } from '@/lib/format';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';

const figures = ['concurrent_calls', 'numbers', 'personalities', 'api_keys'] as const;
const choices = ['voices', 'models'] as const;
const parts = ['number_pools', 'live_events', 'analytics', 'sso'] as const;

/** The plans side by side; on a narrow screen below each other. */
export function PlanTable({
  plans,
  onChoose,
}: {
  plans: readonly PlanInfo[];
  onChoose: ((plan: PlanInfo['plan']) => void) | undefined;
}) {
  const { t } = useTranslation('settings');
  return (
    <ul className="grid md:grid-cols-3">
      {plans.map(({ plan, monthly_fee, current, limits, rates }) => (
        <li
          key={plan}
          className="grid content-start gap-3 border-line p-4 not-first:border-t md:not-first:border-s md:not-first:border-t-0"
        >
          <header className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1">
            <h3 className="text-lg font-semibold">{t(`plans.name.${plan}`)}</h3>
            {current && <Chip tone="brand">{t('plans.current')}</Chip>}
          </header>
          <p className="text-ink-2">
            {monthly_fee === null ? (
              t('plans.byContract')
            ) : (
              <span>{t('plans.fee', { fee: money({ amount: monthly_fee, currency: 'USD' }) })}</span>
            )}
          </p>
          <dl className="grid">
            {figures.map((name) => (
              <Row key={name} name={t(`limit.${name}`)}>
                <span className="fig">{limits[name] ?? t('limit.none')}</span>
              </Row>
            ))}
            {choices.map((name) => (
              <Row key={name} name={t(`limit.${name}`)}>
                {t(`plans.choice.${limits[name]}`)}
              </Row>
            ))}
            {parts.map((name) => (
              <Row key={name} name={t(`limit.${name}`)}>
                {limits[name] ? t('plans.yes') : <span className="text-ink-3">{t('plans.no')}</span>}
              </Row>
            ))}
            {rates.map(({ bucket, tokens, per_seconds }) => (
              <Row key={bucket} name={t(`plans.rate.${wordOf(bucket)}`)}>
                <span className="fig">
                  {t('plans.per', {
                    count: tokens,
                    time: t(`plans.${spanOf(per_seconds)}`, { count: per_seconds }),
                  })}
                </span>
              </Row>
            ))}
          </dl>
          {onChoose && !current && (
            <div>
              <Button onClick={() => onChoose(plan)}>
                {t('plans.look', { plan: t(`plans.name.${plan}`) })}
              </Button>
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3 border-b border-line py-1.5">
      <dt className="text-sm text-ink-2">{name}</dt>
      <dd className="text-end text-sm">{children}</dd>
    </div>
  );
}

type WordOf<B> = B extends `${infer Kind}.${infer Rest}` ? `${Kind}_${Rest}` : B;
type Bucket = PlanInfo['rates'][number]['bucket'];

/** A kind of requests as the strings name it: there a point would mean a level. */
function wordOf(bucket: Bucket): WordOf<Bucket> {
  return bucket.replace('.', '_') as WordOf<Bucket>;
}

function spanOf(seconds: number): 'second' | 'minute' | 'hour' | 'seconds' {
  if (seconds === 1) return 'second';
  if (seconds === 60) return 'minute';
  return seconds === 3_600 ? 'hour' : 'seconds';
}
