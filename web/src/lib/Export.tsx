// A list, all pages of it as it is filtered, saved as a CSV file.
import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import { Button } from '@/ui/Button';
import { Notice, ProblemText } from '@/ui/States';
import { saveCsv } from './files';
import { amountOf } from './format';

/** What a spreadsheet still opens; older rows are left out, and that is said. */
const mostRows = 10_000;

interface List<Row> {
  /** The file is called so, with the day. */
  name: string;
  load: (
    cursor: string | undefined,
    signal: AbortSignal,
  ) => Promise<{ data: readonly Row[]; next_cursor?: string | null }>;
  columns: readonly (readonly [string, (row: Row) => unknown])[];
}

export function rowsOf<Row>(columns: List<Row>['columns'], rows: readonly Row[]): string[][] {
  const head = columns.map(([name]) => name);
  return [head, ...rows.map((row) => columns.map(([, cell]) => String(cell(row) ?? '')))];
}

async function exportList<Row>(
  { name, load, columns }: List<Row>,
  onCount: (count: number) => void,
  signal: AbortSignal,
): Promise<{ isCut: boolean }> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page = await load(cursor, signal);
    rows.push(...page.data);
    onCount(rows.length);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && rows.length < mostRows);
  saveCsv(rowsOf(columns, rows.slice(0, mostRows)), `${name}-${new Date().toISOString().slice(0, 10)}.csv`);
  return { isCut: cursor !== undefined };
}

interface Outcome {
  problem: ApiProblem | null;
  isCut: boolean;
}

const nothing: Outcome = { problem: null, isCut: false };

/** The button that saves the list, and what there is to say about it. */
export function useExport<Row>(list: List<Row>) {
  const { t } = useTranslation('common');
  const [count, setCount] = useState<number | null>(null);
  const [{ problem, isCut }, setOutcome] = useState(nothing);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const run = async () => {
    const controller = new AbortController();
    running.current = controller;
    setOutcome(nothing);
    setCount(0);
    try {
      setOutcome({ problem: null, ...(await exportList(list, setCount, controller.signal)) });
    } catch (thrown) {
      if (!controller.signal.aborted) setOutcome({ problem: asProblem(thrown), isCut: false });
    } finally {
      setCount(null);
    }
  };
  const button = (
    <Button busy={count !== null} onClick={() => void run()}>
      <Download size={16} aria-hidden="true" />
      {count === null ? t('export.open') : t('export.running', { count, amount: amountOf(count) })}
    </Button>
  );
  const notice =
    problem || isCut ? (
      <div className="max-md:px-3">
        <Notice kind={problem ? 'danger' : 'warn'}>
          {problem ? <ProblemText problem={problem} /> : t('export.cut', { amount: amountOf(mostRows) })}
        </Notice>
      </div>
    ) : null;
  return { button, notice };
}
