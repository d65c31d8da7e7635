import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Chip } from '@/ui/Bits';

/** Whether the log is the chain that it says it is. */
export function Chain() {
  const { t } = useTranslation('audit');
  const check = $api.useQuery('get', '/v1/audit_log/verify', {}, { staleTime: 60_000 });
  if (check.error && !check.data) return <Chip tone="warn">{t('chain.unknown')}</Chip>;
  if (!check.data) return <Chip>{t('chain.checking')}</Chip>;
  const { intact, broken, first_seq, last_seq } = check.data;
  return (
    <span role="status" className="flex flex-wrap items-center gap-2">
      <Chip tone={intact ? 'ok' : 'danger'}>
        <span aria-hidden="true" className="me-1">
          {intact ? '✓' : '×'}
        </span>
        {t(intact ? 'chain.good' : 'chain.bad')}
      </Chip>
      <span className="text-sm text-ink-2">
        {broken
          ? t('chain.badHint', { seq: broken.seq, fault: t(`fault.${broken.fault}`) })
          : first_seq !== null &&
            last_seq !== null &&
            t('chain.goodHint', { first: first_seq, last: last_seq })}
      </span>
    </span>
  );
}
