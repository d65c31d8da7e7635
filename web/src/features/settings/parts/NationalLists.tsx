import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { NationalList, NationalReport } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { byName, countryName } from '@/lib/countries';
import { amountOf, dayWithYear } from '@/lib/format';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Answer, Notice } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';

/** National lists that the company has brought: numbers on them are not rung. */
export function NationalLists() {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const writes = useCan('contact.write');
  const [bringing, setBringing] = useState(false);
  const [removing, setRemoving] = useState<NationalList | null>(null);
  const { queryKey } = $api.queryOptions('get', '/v1/do_not_call/national', {});
  const changed = () => client.invalidateQueries({ queryKey });
  const lists = $api.useQuery('get', '/v1/do_not_call/national', {});
  const columns: Column<NationalList>[] = [
    {
      id: 'country',
      label: t('national.country'),
      lead: true,
      cell: ({ country }) => <span className="font-medium">{countryName(country)}</span>,
    },
    { id: 'day', label: t('national.day'), cell: ({ as_of }) => dayWithYear(as_of) },
    { id: 'numbers', label: t('national.numbers'), figure: true, cell: ({ numbers }) => amountOf(numbers) },
    {
      id: 'state',
      label: t('national.state'),
      cell: (list) => {
        const state = stateOf(list);
        return <Chip tone={tones[state]}>{t(`national.states.${state}`)}</Chip>;
      },
    },
    {
      id: 'until',
      label: t('national.until'),
      minor: true,
      cell: ({ good_until }) => dayWithYear(good_until),
    },
  ];
  if (writes) {
    columns.push({
      id: t('national.actions'),
      label: '',
      cell: (list) => (
        <span className="flex md:justify-end">
          <Button
            size="small"
            kind="quiet"
            aria-label={t('national.remove', { country: countryName(list.country) })}
            onClick={() => setRemoving(list)}
          >
            {t('national.removeShort')}
          </Button>
        </span>
      ),
    });
  }
  return (
    <Block
      title={t('national.title')}
      pad={false}
      actions={
        writes && (
          <Button size="small" onClick={() => setBringing(true)}>
            {t('national.bring')}
          </Button>
        )
      }
    >
      <Answer of={lists} problem={asProblem} rows={1} small>
        {({ data }) =>
          data.length === 0 ? (
            <p className="p-4 text-ink-2">{t('national.empty')}</p>
          ) : (
            <Table caption={t('national.title')} columns={columns} rows={data} keyOf={({ id }) => id} />
          )
        }
      </Answer>
      <Dialog
        open={bringing}
        onClose={() => setBringing(false)}
        title={t('national.bring')}
        description={t('national.bringHint')}
      >
        <Bring onBrought={changed} onClose={() => setBringing(false)} />
      </Dialog>
      <Confirm
        open={removing !== null}
        title={t('national.removeTitle')}
        hint={t('national.removeHint')}
        submit={t('national.removeShort')}
        run={async () => {
          if (removing) {
            await api.DELETE('/v1/do_not_call/national/{id}', { params: { path: { id: removing.id } } });
          }
          await changed();
        }}
        onClose={() => setRemoving(null)}
      />
    </Block>
  );
}

const tones = { part: 'warn', expired: 'danger', inForce: 'ok', older: 'plain' } as const;

function stateOf({ complete, expired, in_force }: NationalList): keyof typeof tones {
  if (!complete) return 'part';
  if (expired) return 'expired';
  return in_force ? 'inForce' : 'older';
}

/** A part that the server takes in one request; lists of whole countries come in several. */
const partLines = 20_000;

function Bring({ onBrought, onClose }: { onBrought: () => Promise<void>; onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common']);
  const [country, setCountry] = useState('US');
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const [file, setFile] = useState<File | null>(null);
  const [tried, setTried] = useState(false);
  const [sent, setSent] = useState(0);
  const [report, setReport] = useState<NationalReport | null>(null);
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['country', 'as_of', 'numbers']);
  const bring = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!file) return;
    await act(async () => {
      const lines = (await file.text()).split(/\r?\n/).filter(Boolean);
      for (let at = 0; at === 0 || at < lines.length; at += partLines) {
        const numbers = `${lines.slice(at, at + partLines).join('\n')}\n`;
        const input = { country, as_of: day, numbers, more: at + partLines < lines.length };
        const answer = body(await api.POST('/v1/do_not_call/national', { body: input }));
        setSent(Math.min(lines.length, at + partLines));
        if (!input.more) setReport(answer);
      }
      await onBrought();
    });
  };
  if (report) {
    return (
      <div className="grid gap-4">
        <Notice kind={report.refused > 0 ? 'warn' : 'ok'}>
          <p>{t('national.done', { count: report.list.numbers, amount: amountOf(report.list.numbers) })}</p>
          {report.refused > 0 && (
            <p>{t('national.refused', { count: report.refused, amount: amountOf(report.refused) })}</p>
          )}
        </Notice>
        <Buttons>
          <Button kind="primary" onClick={onClose}>
            {t('common:close')}
          </Button>
        </Buttons>
      </div>
    );
  }
  return (
    <form ref={form} noValidate onSubmit={bring} className="grid gap-4">
      <div className="grid grid-cols-2 items-start gap-4">
        <Select
          label={t('national.country')}
          error={faults.country}
          value={country}
          onChange={(event) => setCountry(event.target.value)}
        >
          {byName().map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </Select>
        <TextField
          label={t('national.day')}
          type="date"
          error={faults.as_of}
          value={day}
          onChange={(event) => setDay(event.target.value)}
        />
      </div>
      <TextField
        label={t('national.file')}
        type="file"
        accept=".csv,.txt,text/csv,text/plain"
        hint={t('national.fileHint')}
        error={tried && !file ? t('national.fileFault') : faults.numbers}
        onChange={(event) => setFile(event.target.files?.[0] ?? null)}
      />
      <FormProblem problem={rest} />
      <Buttons>
        {busy && sent > 0 && (
          <span role="status" className="self-center text-sm text-ink-2">
            {t('national.sent', { amount: amountOf(sent) })}
          </span>
        )}
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('national.bring')}
        </Button>
      </Buttons>
    </form>
  );
}
