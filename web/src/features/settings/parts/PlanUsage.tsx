import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Limits } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { useWhole } from '@/lib/pages';
import { Gauge } from '@/ui/Gauge';
import { Failed, Loading } from '@/ui/States';

const page = (cursor: string | undefined, signal: AbortSignal) => ({
  params: { query: { limit: 100, cursor } },
  signal,
});

/** What the company has of everything that the plan limits. */
export function PlanUsage({ limits }: { limits: Limits }) {
  const { t } = useTranslation('settings');
  const keysRead = useCan('key.read');
  const concurrency = $api.useQuery('get', '/v1/tenant/concurrency', {}, { refetchInterval: 5_000 });
  const numbers = useWhole(['get', '/v1/numbers'], async (...at) =>
    body(await api.GET('/v1/numbers', page(...at))),
  );
  const personalities = useWhole(['get', '/v1/personalities'], async (...at) =>
    body(await api.GET('/v1/personalities', page(...at))),
  );
  const keys = useWhole(
    ['get', '/v1/api_keys'],
    async (...at) => body(await api.GET('/v1/api_keys', page(...at))),
    keysRead,
  );
  const failed = [concurrency, numbers, personalities].find(({ error, data }) => error && !data);
  if (failed) return <Failed small problem={asProblem(failed.error)} onRetry={() => void failed.refetch()} />;
  if (!concurrency.data || !numbers.data || !personalities.data) return <Loading rows={4} />;
  const held = numbers.data.filter(({ status }) => status !== 'released').length;
  const own = personalities.data.filter(({ preset }) => !preset).length;
  const active = keys.data?.filter(({ status }) => status === 'active').length;
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
