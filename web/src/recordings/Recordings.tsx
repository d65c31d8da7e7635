import { useQueryClient } from '@tanstack/react-query';
import { Download, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, download } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { CallStatus, Recording } from '@/api/types';
import { bytes, dateTime, duration } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Block } from '@/ui/Page';
import { Answer, Notice, ProblemText } from '@/ui/States';
import './strings';
import { audioPath, useRecordings } from './model';
import { Player } from './Player';

/** The recordings of a call: what can be heard, what is on its way, and what was deleted. */
export function Recordings({ call }: { call: { id: string; status: CallStatus } }) {
  const { t } = useTranslation('recordings');
  const reads = useCan('recording.read');
  const recordings = useRecordings(call.id, call.status, reads);
  return (
    <Block title={t('title')} pad={false}>
      {reads ? (
        <Answer of={recordings} problem={asProblem}>
          {({ data }) =>
            data.length === 0 ? (
              <p className="p-4 text-ink-2">{call.status === 'ended' ? t('empty') : t('emptyLive')}</p>
            ) : (
              <ul className="divide-y divide-line">
                {data.map((recording, at) => (
                  <li key={recording.id} className="p-4">
                    <One call={call.id} recording={recording} number={at + 1} />
                  </li>
                ))}
              </ul>
            )
          }
        </Answer>
      ) : (
        <p className="p-4 text-ink-2">{t('forbidden')}</p>
      )}
    </Block>
  );
}

function One({ call, recording, number }: { call: string; recording: Recording; number: number }) {
  const { t } = useTranslation('recordings');
  const writes = useCan('recording.write');
  const [asks, setAsks] = useState(false);
  const ready = recording.status === 'ready';
  const over = ['ready', 'absent', 'failed'].includes(recording.status);
  return (
    <article className="grid gap-3" aria-label={t('one', { number })}>
      <header className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <h3 className="font-medium">{t('one', { number })}</h3>
        <p className="text-sm text-ink-2">{factsOf(recording, t).join(' · ')}</p>
        <div className="ms-auto flex flex-wrap gap-2">
          {ready && <Save call={call} recording={recording} />}
          {over && writes && (
            <Button size="small" kind="danger" onClick={() => setAsks(true)}>
              <Trash2 size={14} aria-hidden="true" />
              {t('delete')}
            </Button>
          )}
        </div>
      </header>
      {recording.failure && <p className="text-sm text-warn">{sentence(recording.failure)}</p>}
      {recording.erased_at && recording.erased_for && (
        <p className="text-sm text-ink-2">
          {t(`erased.${reasonOf(recording.erased_for)}`, { date: dateTime(recording.erased_at) })}
        </p>
      )}
      {ready && <Player call={call} recording={recording.id} lengthS={recording.duration_seconds ?? 0} />}
      <DeleteDialog call={call} recording={recording.id} open={asks} onClose={() => setAsks(false)} />
    </article>
  );
}

function Save({ call, recording }: { call: string; recording: Recording }) {
  const { t } = useTranslation('recordings');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const save = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await download(audioPath(call, recording.id), `${recording.id}.wav`);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button size="small" busy={busy} onClick={() => void save()}>
        <Download size={14} aria-hidden="true" />
        {t('download')}
      </Button>
      {problem && (
        <Notice>
          <ProblemText problem={problem} />
        </Notice>
      )}
    </>
  );
}

function DeleteDialog({
  call,
  recording,
  open,
  onClose,
}: {
  call: string;
  recording: string;
  open: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation(['recordings', 'common']);
  const client = useQueryClient();
  const remove = $api.useMutation('delete', '/v1/calls/{id}/recordings/{rid}', {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['get', '/v1/calls/{id}/recordings'] });
      onClose();
    },
  });
  return (
    <Dialog open={open} onClose={onClose} title={t('deleteTitle')} description={t('deleteHint')}>
      {remove.error && (
        <Notice>
          <ProblemText problem={asProblem(remove.error)} />
        </Notice>
      )}
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button
          kind="grave"
          busy={remove.isPending}
          onClick={() => remove.mutate({ params: { path: { id: call, rid: recording } } })}
        >
          {t('delete')}
        </Button>
      </Buttons>
    </Dialog>
  );
}

type T = ReturnType<typeof useTranslation<'recordings'>>['t'];

const statuses = [
  'starting',
  'recording',
  'paused',
  'processing',
  'ready',
  'absent',
  'failed',
  'deleted',
] as const;

function factsOf(recording: Recording, t: T): string[] {
  const status = statuses.find((each) => each === recording.status);
  const facts = [status ? t(`status.${status}`) : recording.status];
  const by = ['policy', 'carrier'].find((each) => each === recording.started_by) as
    | 'policy'
    | 'carrier'
    | undefined;
  facts.push(dateTime(recording.started_at ?? recording.created_at));
  if (recording.duration_seconds != null) facts.push(duration(recording.duration_seconds * 1_000));
  if (recording.size_bytes != null) facts.push(bytes(recording.size_bytes));
  facts.push(t(`by.${by ?? 'person'}`));
  const consent = (['off', 'announce', 'ask'] as const).find((each) => each === recording.consent);
  if (consent) facts.push(t(`consent.${consent}`));
  if (recording.expires_at) facts.push(t('kept', { date: dateTime(recording.expires_at) }));
  return facts;
}

function reasonOf(word: string): 'retention' | 'request' | 'call' | 'refused' {
  return (['retention', 'call', 'refused'] as const).find((each) => each === word) ?? 'request';
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}
