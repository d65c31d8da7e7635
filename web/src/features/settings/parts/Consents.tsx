import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import type { Consent } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { usePages } from '@/lib/pages';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import type { Column } from '@/ui/Table';
import { NumberField, NumberList, numberColumn, RowAct, wordsColumn } from './NumberList';

const listKey = ['get', '/v1/consents', 'list'] as const;
const kinds = ['transactional', 'marketing', 'ai_voice'] as const satisfies Consent['kind'][];

/** Who has agreed to be rung, and to what. */
export function Consents() {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const writes = useCan('contact.write');
  const [asking, setAsking] = useState<Consent | null>(null);
  const list = usePages(listKey, async (cursor, signal) =>
    body(await api.GET('/v1/consents', { params: { query: { limit: 50, cursor } }, signal })),
  );
  const changed = () => client.invalidateQueries({ queryKey: listKey });
  const columns: Column<Consent>[] = [
    numberColumn(t('consents.number')),
    { id: 'kind', label: t('consents.kind'), cell: ({ kind }) => t(`consents.of.${kind}`) },
    wordsColumn('source', t('consents.source'), ({ source }) => source),
    {
      id: 'since',
      label: t('consents.since'),
      tight: true,
      cell: ({ captured_at, revoked_at }) =>
        revoked_at ? (
          <Chip>{t('consents.revoked', { time: dateTime(revoked_at) })}</Chip>
        ) : (
          dateTime(captured_at)
        ),
    },
  ];
  if (writes) {
    columns.push({
      id: t('consents.actions'),
      label: '',
      cell: (consent) =>
        consent.revoked_at ? null : (
          <RowAct label={t('consents.revoke', { number: consent.masked })} onClick={() => setAsking(consent)}>
            {t('consents.revokeShort')}
          </RowAct>
        ),
    });
  }
  return (
    <>
      <NumberList
        title={t('consents.title')}
        hint={t('consents.hint')}
        empty={t('consents.empty')}
        of={list}
        columns={columns}
        awaited={2}
      >
        {writes && <RecordForm onRecorded={changed} />}
      </NumberList>
      <Confirm
        open={asking !== null}
        title={t('consents.revokeTitle', { number: asking?.masked ?? '' })}
        hint={t('consents.revokeHint')}
        submit={t('consents.revokeShort')}
        run={async () => {
          if (asking) await api.DELETE('/v1/consents/{id}', { params: { path: { id: asking.id } } });
          await changed();
        }}
        onClose={() => setAsking(null)}
      />
    </>
  );
}

function RecordForm({ onRecorded }: { onRecorded: () => Promise<void> }) {
  const { t } = useTranslation('settings');
  const [number, setNumber] = useState('');
  const [kind, setKind] = useState<Consent['kind']>('transactional');
  const [source, setSource] = useState('');
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['e164', 'kind', 'source']);
  const record = async (event: FormEvent) => {
    event.preventDefault();
    const input = { e164: number.trim(), kind, source: source.trim(), evidence: {} };
    const done = await act(async () => {
      body(await api.POST('/v1/consents', { body: input }));
      await onRecorded();
    });
    if (!done) return;
    setNumber('');
    setSource('');
  };
  return (
    <form ref={form} noValidate onSubmit={record} className="grid gap-3">
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <NumberField label={t('consents.number')} error={faults.e164} value={number} onChange={setNumber} />
        <Select
          label={t('consents.kind')}
          error={faults.kind}
          value={kind}
          onChange={({ target }) => setKind(kinds.find((each) => each === target.value) ?? 'transactional')}
        >
          {kinds.map((each) => (
            <option key={each} value={each}>
              {t(`consents.of.${each}`)}
            </option>
          ))}
        </Select>
        <TextField
          label={t('consents.source')}
          placeholder={t('consents.sourceHint')}
          dir="auto"
          maxLength={120}
          error={faults.source}
          value={source}
          onChange={(event) => setSource(event.target.value)}
        />
        <div className="sm:pt-5.5">
          <Button type="submit" busy={busy}>
            {t('consents.record')}
          </Button>
        </div>
      </div>
      <FormProblem problem={rest} />
    </form>
  );
}
