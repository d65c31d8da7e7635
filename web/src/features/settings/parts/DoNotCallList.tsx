import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DoNotCall } from '@/api/types';
import { dateTime } from '@/lib/format';
import { FormProblem, sortFaults, useAct } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import type { Column } from '@/ui/Table';
import { addDoNotCall, listDoNotCall, removeDoNotCall } from '../policy';
import { NumberField, NumberList, numberColumn, RowAct, wordsColumn } from './NumberList';

const listKey = ['get', '/v1/do_not_call', 'list'] as const;

/** Numbers that no agent rings, whatever the policy says. */
export function DoNotCallList() {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const writes = useCan('call.create');
  const { problem, act } = useAct();
  const list = usePages(listKey, listDoNotCall);
  const changed = () => client.invalidateQueries({ queryKey: listKey });
  const remove = (id: string) =>
    act(async () => {
      await removeDoNotCall(id);
      await changed();
    });
  const columns: Column<DoNotCall>[] = [
    numberColumn(t('dnc.number')),
    wordsColumn('reason', t('dnc.reason'), ({ reason }) => reason),
    { id: 'since', label: t('dnc.since'), minor: true, cell: ({ added_at }) => dateTime(added_at) },
  ];
  if (writes) {
    columns.push({
      id: t('dnc.actions'),
      label: '',
      cell: ({ id, masked }) => (
        <RowAct label={t('dnc.remove', { number: masked })} onClick={() => void remove(id)}>
          {t('dnc.removeShort')}
        </RowAct>
      ),
    });
  }
  return (
    <NumberList
      title={t('dnc.title')}
      hint={t('dnc.hint')}
      empty={t('dnc.empty')}
      of={list}
      columns={columns}
      awaited={3}
    >
      {writes && <AddForm onAdded={changed} />}
      <FormProblem problem={problem} />
    </NumberList>
  );
}

function AddForm({ onAdded }: { onAdded: () => Promise<void> }) {
  const { t } = useTranslation('settings');
  const [number, setNumber] = useState('');
  const [reason, setReason] = useState('');
  const { busy, problem, act } = useAct();
  const { faults, rest } = sortFaults(problem, ['e164', 'reason']);
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const done = await act(async () => {
      await addDoNotCall(number.trim(), reason.trim());
      await onAdded();
    });
    if (!done) return;
    setNumber('');
    setReason('');
  };
  return (
    <form noValidate onSubmit={add} className="grid gap-3">
      <div className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_auto]">
        <NumberField
          label={t('dnc.number')}
          required
          error={faults.e164}
          value={number}
          onChange={setNumber}
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
