// A table of rows; below 720 px each row stacks its cells under their names.
import type { ReactNode } from 'react';

export interface Column<Row> {
  id: string;
  /** Empty for a column whose cells speak for themselves. */
  label: string;
  cell: (row: Row) => ReactNode;
  figure?: boolean;
  /** Left out where rows are stacked. */
  minor?: boolean;
  /** Never broken where rows are not stacked: dates, states, buttons. */
  tight?: boolean;
  /** What a row is about: there it stands above the others, over the whole width. */
  lead?: boolean;
}

export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}) {
  return (
    <table className="stacks w-full border-collapse max-md:block">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="border-b border-line text-start">
          {columns.map((column) => (
            <th
              key={column.id}
              scope="col"
              className={`h-9 px-4 text-xs font-medium whitespace-nowrap text-ink-3 ${column.figure ? 'text-end' : 'text-start'}`}
            >
              {column.label || <span className="sr-only">{column.id}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-md:block">
        {rows.map((row) => (
          <tr key={keyOf(row)} className="border-b border-line last:border-b-0 hover:bg-sunken">
            {columns.map((column) => (
              <td
                key={column.id}
                data-label={column.label}
                data-minor={column.minor}
                data-lead={column.lead}
                className={`h-11 px-4 py-1.5 ${column.figure ? 'fig text-end' : ''} ${column.tight ? 'md:whitespace-nowrap' : ''}`}
              >
                <div className="min-w-0">{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
