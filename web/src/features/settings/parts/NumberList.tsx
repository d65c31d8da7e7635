// Numbers that the company keeps a list of, for what they may be rung or not: the block of such a list, and the field by
// which one is added.
import type { ReactNode } from 'react';
import { asProblem } from '@/api/problem';
import { More, type usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';

export interface NumberListProps<Row extends { id: string }> {
  title: string;
  hint: string;
  /** Said instead of the table when nothing is on the list. */
  empty: string;
  of: ReturnType<typeof usePages<{ data: Row[]; next_cursor?: string | null }>>;
  columns: Column<Row>[];
  /** Rows to be expected, while they are awaited. */
  awaited: number;
  /** The form above the list. */
  children: ReactNode;
}

export function NumberList<Row extends { id: string }>(props: NumberListProps<Row>) {
  const { title, hint, empty, of, columns, awaited, children } = props;
  return (
    <Block title={title} pad={false}>
      <div className="grid gap-3 border-b border-line p-4">
        <p className="text-sm text-ink-2">{hint}</p>
        {children}
      </div>
      <Answer of={of} problem={asProblem} rows={awaited} small>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length === 0) return <p className="p-4 text-ink-2">{empty}</p>;
          return <Table caption={title} columns={columns} rows={rows} keyOf={({ id }) => id} />;
        }}
      </Answer>
      <More of={of} ruled />
    </Block>
  );
}

/** The column of the numbers themselves, of which the middle is never shown. */
export function numberColumn<Row extends { masked: string }>(label: string): Column<Row> {
  return {
    id: 'number',
    label,
    lead: true,
    cell: ({ masked }) => <span className="fig whitespace-nowrap">{masked}</span>,
  };
}

/** A column of words that people wrote. */
export function wordsColumn<Row>(id: string, label: string, wordsOf: (row: Row) => string): Column<Row> {
  return {
    id,
    label,
    cell: (row) => (
      <span dir="auto" className="break-words">
        {wordsOf(row) || '–'}
      </span>
    ),
  };
}

interface RowActProps {
  /** What is done, for who does not see to which row the button belongs. */
  label: string;
  onClick: () => void;
  children: string;
}

/** What can be done with one number. */
export function RowAct({ label, onClick, children }: RowActProps) {
  return (
    <span className="flex md:justify-end">
      <Button size="small" kind="quiet" aria-label={label} onClick={onClick}>
        {children}
      </Button>
    </span>
  );
}

interface NumberFieldProps {
  label: string;
  required?: boolean;
  error?: string;
  value: string;
  onChange: (value: string) => void;
}

/** Where a number is typed. */
export function NumberField({ onChange, ...field }: NumberFieldProps) {
  return (
    <TextField
      mono
      inputMode="tel"
      autoComplete="off"
      maxLength={64}
      onChange={(event) => onChange(event.target.value)}
      {...field}
    />
  );
}
