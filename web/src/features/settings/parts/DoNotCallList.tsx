import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { DoNotCall } from '@/api/types';
import { dateTime } from '@/lib/format';
import { FormProblem, sortFaults } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { addDoNotCall, listDoNotCall, removeDoNotCall } from '../policy';

const listKey = ['get', '/v1/do_not_call', 'list'] as const;

/** Numbers that no agent rings, whatever the policy says. */
export function DoNotCallList() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const writes = useCan('call.create');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const list = useInfiniteQuery({
    queryKey: listKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => listDoNotCall(pageParam, signal),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const changed = () => client.invalidateQueries({ queryKey: listKey });
  const remove = async (id: string) => {
    setProblem(null);
    try {
      await removeDoNotCall(id);
      await changed();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  const columns: Column<DoNotCall>[] = [
    {
      id: 'number',
      label: t('dnc.number'),
      cell: ({ masked }) => <span className="fig whitespace-nowrap">{masked}</span>,
    },
    {
      id: 'reason',
      label: t('dnc.reason'),
      cell: ({ reason }) => (
        <span dir="auto" className="break-words">
          {reason || '–'}
        </span>
      ),
    },
    { id: 'since', label: t('dnc.since'), minor: true, cell: ({ added_at }) => dateTime(added_at) },
  ];
  if (writes) {
    columns.push({
      id: t('dnc.actions'),
      label: '',
      cell: ({ id, masked }) => (
        <span className="flex justify-end">
          <Button
            size="small"
            kind="quiet"
            aria-label={t('dnc.remove', { number: masked })}
            onClick={() => void remove(id)}
          >
            {t('dnc.removeShort')}
          </Button>
        </span>
      ),
    });
  }
  return (
    <Block title={t('dnc.title')} pad={false}>
      <div className="grid gap-3 border-b border-line p-4">
        <p className="text-sm text-ink-2">{t('dnc.hint')}</p>
        {writes && <AddForm onAdded={changed} />}
        <FormProblem problem={problem} />
      </div>
      <Answer of={list} problem={asProblem} rows={3}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length === 0) return <p className="p-4 text-ink-2">{t('dnc.empty')}</p>;
          return <Table caption={t('dnc.title')} columns={columns} rows={rows} keyOf={({ id }) => id} />;
        }}
      </Answer>
      {list.hasNextPage && (
        <div className="grid justify-items-center border-t border-line p-3">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('common:loadMore')}
          </Button>
        </div>
      )}
    </Block>
  );
}

function AddForm({ onAdded }: { onAdded: () => Promise<void> }) {
  const { t } = useTranslation('settings');
  const [number, setNumber] = useState('');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const { faults, rest } = sortFaults(problem, ['e164', 'reason']);
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await addDoNotCall(number.trim(), reason.trim());
      setNumber('');
      setReason('');
      await onAdded();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form noValidate onSubmit={add} className="grid gap-3">
      <div className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_auto]">
        <TextField
          label={t('dnc.number')}
          mono
          required
          inputMode="tel"
          autoComplete="off"
          maxLength={64}
          error={faults.e164}
          value={number}
          onChange={(event) => setNumber(event.target.value)}
        />
        <TextField
          label={t('dnc.reason')}
          optional
          dir="auto"
          maxLength={300}
          error={faults.reason}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="sm:pt-5.5">
          <Button type="submit" busy={busy}>
            {t('dnc.add')}
          </Button>
        </div>
      </div>
      <FormProblem problem={rest} />
    </form>
  );
}
