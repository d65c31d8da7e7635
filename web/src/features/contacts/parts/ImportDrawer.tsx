import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { ImportReport } from '@/api/types';
import { FormProblem, sortFaults } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Check, FieldFault, TextField } from '@/ui/Field';
import { type Column, columnsOf, faultOf, readCsv, withMeanings } from '../csv';
import { importContacts, type OnKnown, useContactsChanged } from '../model';
import { Country, useCountry } from './Country';
import { Matching } from './Matching';
import { Report } from './Report';

/** Takes contacts in from a CSV file: choose it, match its columns, and see what became of each row. */
export function ImportDrawer({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('contacts');
  return (
    <Dialog
      open={open}
      onClose={onClose}
      place="drawer"
      title={t('import.title')}
      description={t('import.hint')}
    >
      <ImportForm onClose={onClose} />
    </Dialog>
  );
}

const mostBytes = 1_000_000;

interface Read {
  rows: string[][];
  columns: Column[];
}

function ImportForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['contacts', 'common']);
  const changed = useContactsChanged();
  const [read, setRead] = useState<Read | null>(null);
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const [report, setReport] = useState<ImportReport | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const [onKnown, setOnKnown] = useState<OnKnown>('update');
  const { country, setCountry } = useCountry();

  const take = async (file: File | undefined) => {
    setRead(null);
    setProblem(null);
    setWrong(undefined);
    if (!file) return;
    if (file.size > mostBytes) {
      setWrong(t('import.tooLarge'));
      return;
    }
    const rows = readCsv(await file.text());
    if (rows.length < 2) setWrong(t('import.noRows'));
    else setRead({ rows, columns: columnsOf(rows) });
  };
  const { faults, rest } = sortFaults(problem, ['csv', 'country']);
  const fault = read && faultOf(read.columns);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!read) {
      setWrong((now) => now ?? t('import.chooseFirst'));
      return;
    }
    if (fault) return;
    setBusy(true);
    setProblem(null);
    try {
      setReport(await importContacts(withMeanings(read.rows, read.columns), country, onKnown));
      await changed();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  if (report && read) {
    return (
      <div className="grid gap-4">
        <Report report={report} rows={read.rows} />
        <Buttons>
          <Button
            onClick={() => {
              setReport(null);
              setRead(null);
            }}
          >
            {t('import.another')}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {t('import.done')}
          </Button>
        </Buttons>
      </div>
    );
  }
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('import.file')}
        type="file"
        accept=".csv,text/csv,text/plain"
        hint={t('import.fileHint')}
        error={wrong}
        onChange={(event) => void take(event.target.files?.[0])}
      />
      {read && (
        <>
          <Matching
            columns={read.columns}
            count={read.rows.length - 1}
            onChange={(columns) => setRead({ ...read, columns })}
          />
          <FieldFault id="match-fault" text={fault ? t(`import.fault.${fault}`) : undefined} />
          <Country value={country} error={faults.country} onChange={setCountry} />
          <fieldset className="grid gap-1">
            <legend className="mb-1 text-sm font-medium text-ink-2">{t('import.known')}</legend>
            {(['update', 'keep'] as const).map((each) => (
              <Check
                key={each}
                type="radio"
                name="on_known"
                label={t(`import.onKnown.${each}`)}
                checked={onKnown === each}
                onChange={() => setOnKnown(each)}
              />
            ))}
          </fieldset>
          <FieldFault id="csv-fault" text={faults.csv} />
        </>
      )}
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {read ? t('import.submit', { count: read.rows.length - 1 }) : t('import.open')}
        </Button>
      </Buttons>
    </form>
  );
}
