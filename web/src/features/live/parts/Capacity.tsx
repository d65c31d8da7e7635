import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';

/** How many lines of the plan are in use; a small board while they can be drawn. */
export function Capacity({ open }: { open: number }) {
  const { t } = useTranslation('live');
  const me = $api.useQuery('get', '/v1/me', {}, { staleTime: 300_000 });
  const limit = me.data?.limits.concurrent_calls ?? null;
  if (!me.data) return null;
  if (limit === null) return <span className="fig">{t('countOpen', { count: open })}</span>;
  const full = open >= limit;
  return (
    <span className={`inline-flex items-center gap-2 ${full ? 'text-warn' : ''}`}>
      {limit <= 12 && (
        <svg
          viewBox={`0 0 ${limit * 12} 12`}
          style={{ inlineSize: limit * 12 }}
          className="h-3"
          aria-hidden="true"
        >
          {Array.from({ length: limit }, (_, at) => at).map((at) => (
            <circle
              key={at}
              cx={at * 12 + 6}
              cy="6"
              r="4"
              stroke="currentColor"
              strokeWidth="1.5"
              fill={at < open ? 'currentColor' : 'none'}
              opacity={at < open ? 1 : 0.55}
            />
          ))}
        </svg>
      )}
      <span className="fig">{t('count', { count: open, limit })}</span>
      {full && <span className="sr-only">{t('limitReached')}</span>}
    </span>
  );
}
