import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Call } from '@/api/types';
import { phone } from '@/lib/format';
import { acts } from '@/live/live';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Answer } from '@/ui/States';

interface Props {
  call: Call;
  open: boolean;
  onClose: () => void;
}

/** Hands the caller to one of the personality's targets. */
export function TransferDialog({ call, open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('transferTitle')} description={t('transferHint')}>
      {call.personality ? (
        <Targets call={call.id} personality={call.personality.id} onClose={onClose} />
      ) : (
        <p>{t('transferNone')}</p>
      )}
    </Dialog>
  );
}

function Targets({ call, personality, onClose }: { call: string; personality: string; onClose: () => void }) {
  const { t } = useTranslation('console');
  const query = $api.useQuery('get', '/v1/personalities/{id}', { params: { path: { id: personality } } });
  return (
    <Answer of={query} problem={asProblem} rows={2}>
      {({ transfer_targets: targets }) =>
        targets.length === 0 ? (
          <p>{t('transferNone')}</p>
        ) : (
          <ul className="grid gap-2">
            {targets.map(({ alias, e164 }) => (
              <li key={alias} className="flex items-center justify-between gap-3 border-b border-line pb-2">
                <span className="min-w-0">
                  <span className="block font-medium">{alias}</span>
                  <span className="fig text-ink-2">{phone(e164)}</span>
                </span>
                <Button
                  aria-label={t('transferTo', { alias })}
                  onClick={() => {
                    acts.act(call, { type: 'transfer', to: alias });
                    onClose();
                  }}
                >
                  {t('transfer')}
                </Button>
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}
