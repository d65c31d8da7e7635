import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { farEnd } from '@/lib/ended';
import { dateTime, phone } from '@/lib/format';
import { Button, ButtonLink } from '@/ui/Button';
import { Answer } from '@/ui/States';
import { CallFacts } from './CallFacts';
import { CallWords } from './CallWords';
import { Outcome } from './Outcome';

/** A call beside the list, without leaving it. */
export function Peek({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation(['calls', 'common']);
  const call = $api.useQuery('get', '/v1/calls/{id}', { params: { path: { id } } });
  return (
    <aside
      id="peek"
      aria-label={t('peek.label')}
      className="flex flex-col border-line bg-canvas max-lg:fixed max-lg:inset-y-0 max-lg:inset-e-0 max-lg:z-30 max-lg:w-[min(440px,100vw)] max-lg:border-s lg:sticky lg:top-0 lg:h-[calc(100dvh-3.5rem)] lg:border-s"
    >
      <header className="flex min-h-12 shrink-0 items-center gap-2 border-b border-line px-4 py-1.5">
        <h2 className="min-w-0 flex-1 truncate font-semibold">
          {call.data ? (
            <>
              <span className="fig">
                {call.data.channel === 'web' ? t('titleWeb') : phone(farEnd(call.data))}
              </span>{' '}
              <span className="text-sm font-normal text-ink-2">{dateTime(call.data.created_at)}</span>
            </>
          ) : (
            t('one')
          )}
        </h2>
        <ButtonLink to="/calls/$call" params={{ call: id }} size="small">
          {t('peek.open')}
        </ButtonLink>
        <Button kind="quiet" size="square" aria-label={t('peek.close')} onClick={onClose}>
          <X size={18} aria-hidden="true" />
        </Button>
      </header>
      <div className="relative grid min-h-0 flex-1 content-start gap-4 overflow-y-auto pb-4">
        <Answer of={call} problem={asProblem} rows={4}>
          {(known) => (
            <>
              <Outcome call={known} />
              <CallWords call={known} />
              <CallFacts call={known} />
            </>
          )}
        </Answer>
      </div>
    </aside>
  );
}
