import { useTranslation } from 'react-i18next';
import type { PhoneNumber } from '@/api/types';
import { Chip } from '@/ui/Bits';

const tones = { pending: 'warn', active: 'ok', failed: 'danger', released: 'plain' } as const;
type State = keyof typeof tones;

/** Where a number stands, and whether the carrier still sends its calls to us. */
export function Status({ number: { status, failure, webhooks } }: { number: PhoneNumber }) {
  const { t } = useTranslation('numbers');
  return (
    <span className="grid justify-items-start gap-1">
      <Chip tone={tones[status as State] ?? 'plain'}>
        {status in tones ? t(`state.${status as State}`) : status}
      </Chip>
      {status === 'active' && webhooks.status === 'drifted' && <Chip tone="warn">{t('state.drifted')}</Chip>}
      {failure && <span className="text-xs text-danger">{failure}</span>}
    </span>
  );
}
