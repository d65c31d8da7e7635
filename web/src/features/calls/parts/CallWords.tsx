import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { Call } from '@/api/types';
import { useCan } from '@/lib/hooks';
import type { Item } from '@/live/wire';
import { fetchLedger, ledgerKey } from '@/transcript/ledger';
import { makeRows } from '@/transcript/rows';
import { WholeTranscript } from '@/transcript/Transcript';
import { useUsualLanguage } from '@/transcript/usual_language';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { beginOf } from '../timeline';
import { Timeline } from './Timeline';

const none: readonly Item[] = [];

/** The ledger of a call, for those who may read words, and its course. */
export function CallWords({ call }: { call: Call }) {
  const { t } = useTranslation('calls');
  const reads = useCan('transcript.read');
  const self = useStore(sessionStore, ({ session }) => session?.user.id);
  const items = useQuery({
    queryKey: ledgerKey(call.id),
    queryFn: ({ signal }) => fetchLedger(call.id, signal),
    enabled: reads,
    refetchInterval: interval(call),
  });
  const usual = useUsualLanguage(call.personality?.id, items.data ?? none);
  return (
    <>
      <Block title={t('words')} pad={false}>
        {reads ? (
          <Answer of={items} problem={asProblem}>
            {(known) => (
              <WholeTranscript
                rows={makeRows(known, [], [], self, usual)}
                self={self}
                outbound={call.direction === 'outbound'}
                since={beginOf(call)}
              />
            )}
          </Answer>
        ) : (
          <p className="p-4 text-ink-2">{t('wordsForbidden')}</p>
        )}
      </Block>
      <Timeline call={call} items={items.data ?? none} />
    </>
  );
}

/** Words come in while the call lives, and the outcome of a transfer after it. */
function interval({ status, ended_reason }: Call): number | false {
  if (status !== 'ended') return 5_000;
  return ended_reason === 'transferred' ? 10_000 : false;
}
