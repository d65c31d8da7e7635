import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Consent } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';

const listKey = ['get', '/v1/consents', 'list'] as const;
const kinds = ['transactional', 'marketing', 'ai_voice'] as const satisfies Consent['kind'][];

/** Who has agreed to be rung, and to what. */
export function Consents() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const writes = useCan('contact.write');
  const [asking, setAsking] = useState<Consent | null>(null);
  const list = useInfiniteQuery({
    queryKey: listKey,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      body(await api.GET('/v1/consents', { params: { query: { limit: 50, cursor: pageParam } }, signal })),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const changed = () => client.invalidateQueries({ queryKey: listKey });
  const columns: Column<Consent>[] = [
    {
      id: 'number',
      label: t('consents.number'),
      cell: ({ masked }) => <span className="fig whitespace-nowrap">{masked}</span>,
    },
    { id: 'kind', label: t('consents.kind'), cell: ({ kind }) => t(`consents.of.${kind}`) },
    {
      id: 'source',
      label: t('consents.source'),
      cell: ({ source }) => (
        <span dir="auto" className="break-words">
          {source}
        </span>
      ),
    },
    {
      id: 'since',
      label: t('consents.since'),
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
          <span className="flex justify-end">
            <Button
              size="small"
              kind="quiet"
              aria-label={t('consents.revoke', { number: consent.masked })}
              onClick={() => setAsking(consent)}
            >
              {t('consents.revokeShort')}
            </Button>
          </span>
        ),
    });
  }
  return (
    <Block title={t('consents.title')} pad={false}>
      <div className="grid gap-3 border-b border-line p-4">
        <p className="text-sm text-ink-2">{t('consents.hint')}</p>
        {writes && <RecordForm onRecorded={changed} />}
      </div>
      <Answer of={list} problem={asProblem} rows={2}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length === 0) return <p className="p-4 text-ink-2">{t('consents.empty')}</p>;
          return <Table caption={t('consents.title')} columns={columns} rows={rows} keyOf={({ id }) => id} />;
        }}
      </Answer>
      {list.hasNextPage && (
        <div className="grid justify-items-center border-t border-line p-3">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('common:loadMore')}
          </Button>
        </div>
      )}
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
    </Block>
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
      <div className="grid items-start gap-3 sm:grid-cols-[1fr_1fr_1fr_auto]">
        <TextField
          label={t('consents.number')}
          mono
          inputMode="tel"
          autoComplete="off"
          maxLength={64}
          error={faults.e164}
          value={number}
          onChange={(event) => setNumber(event.target.value)}
        />
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
