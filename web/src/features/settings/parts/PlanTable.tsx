import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlanInfo } from '@/api/types';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { useFeeText, useLimitWords } from './limits';

/** The plans side by side; on a narrow screen below each other. */
export function PlanTable({
  plans,
  onChoose,
}: {
  plans: readonly PlanInfo[];
  onChoose: ((plan: PlanInfo['plan']) => void) | undefined;
}) {
  const { t } = useTranslation('settings');
  const wordsOf = useLimitWords();
  const feeOf = useFeeText();
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
          <p className="text-ink-2">{feeOf(monthly_fee)}</p>
          <dl className="grid">
            {wordsOf(limits).map(({ id, name, text, isFigure, has }) => (
              <Row key={id} name={name}>
                <span className={`${isFigure ? 'fig' : ''} ${has ? '' : 'text-ink-3'}`}>{text}</span>
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
