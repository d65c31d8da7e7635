import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Limits } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { Gauge } from '@/ui/Gauge';
import { Failed, Loading } from '@/ui/States';

const hundred = { params: { query: { limit: 100 } } };

/** What the company has of everything that the plan limits. */
export function PlanUsage({ limits }: { limits: Limits }) {
  const { t } = useTranslation('settings');
  const keysRead = useCan('key.read');
  const concurrency = $api.useQuery('get', '/v1/tenant/concurrency', {}, { refetchInterval: 5_000 });
  const numbers = $api.useQuery('get', '/v1/numbers', hundred);
  const personalities = $api.useQuery('get', '/v1/personalities', hundred);
  const keys = $api.useQuery('get', '/v1/api_keys', hundred, { enabled: keysRead });
  const failed = [concurrency, numbers, personalities].find(({ error, data }) => error && !data);
  if (failed) return <Failed small problem={asProblem(failed.error)} onRetry={() => void failed.refetch()} />;
  if (!concurrency.data || !numbers.data || !personalities.data) return <Loading rows={4} />;
  const held = numbers.data.data.filter(({ status }) => status !== 'released').length;
  const own = personalities.data.data.filter(({ preset }) => !preset).length;
  const active = keys.data?.data.filter(({ status }) => status === 'active').length;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Gauge
        label={t('limit.concurrent_calls')}
        have={concurrency.data.current}
        limit={concurrency.data.limit}
      />
      <Gauge label={t('limit.numbers')} have={held} limit={limits.numbers} />
      <Gauge label={t('limit.personalities')} have={own} limit={limits.personalities} />
      {active !== undefined && <Gauge label={t('limit.api_keys')} have={active} limit={limits.api_keys} />}
      <Gauge
        label={t('limit.test_calls')}
        have={concurrency.data.test_calls}
        limit={concurrency.data.test_limit}
      />
    </div>
  );
}
