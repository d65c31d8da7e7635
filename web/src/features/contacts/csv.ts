// The head of a CSV file, so that its columns can be matched; the rows are the server's business.
import { writeCsv } from '@/lib/files';

export const fields = ['e164', 'name', 'plan', 'verified'] as const;
export type Field = (typeof fields)[number];

/** What a column is: one of our fields, an attribute under a name of its own, or nothing. */
export type Meaning = Field | 'attribute' | 'skip';

export interface Column {
  key: string;
  name: string;
  sample: string;
  meaning: Meaning;
}

/** Reads records as RFC 4180 has them. A field may be quoted and then hold anything. */
export function readCsv(text: string, most = Number.POSITIVE_INFINITY): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const mark = markOf(text);
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  for (let at = 0; at < source.length && rows.length < most; at += 1) {
    const letter = source.charAt(at);
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (source.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === mark) {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') {
      rows.push([...row, cell.replace(/\r$/, '')]);
      row = [];
      cell = '';
    } else cell += letter;
  }
  if (rows.length < most && (cell || row.length > 0)) rows.push([...row, cell]);
  return rows.filter((each) => each.some((text) => text.trim()));
}

/** Sheets of some countries part their fields with semicolons. */
function markOf(text: string): ',' | ';' | '\t' {
  const head = text.slice(0, text.indexOf('\n') === -1 ? undefined : text.indexOf('\n'));
  const count = (mark: string) => head.split(mark).length;
  if (count('\t') > count(',') && count('\t') > count(';')) return '\t';
  return count(';') > count(',') ? ';' : ',';
}

const known: readonly (readonly [Field, RegExp])[] = [
  ['e164', /^(e\.?164|(tele)?phone|phone.?number|number|mobile|cell|tel|msisdn|telefon(nummer)?|téléphone)$/],
  ['name', /^(name|full.?name|contact|contact.?name|customer)$/],
  ['plan', /^(plan|tier|level)$/],
  ['verified', /^(verified|is.?verified|confirmed)$/],
];

/** The columns with what they seem to be. */
export function columnsOf(rows: readonly string[][]): Column[] {
  const [head = [], first = []] = rows;
  const taken = new Set<Field>();
  return head.map((cell, at) => {
    const name = cell.trim();
    const found = known.find(([field, pattern]) => !taken.has(field) && pattern.test(name.toLowerCase()));
    if (found) taken.add(found[0]);
    const meaning: Meaning = found ? found[0] : name ? 'attribute' : 'skip';
    return { key: `column ${at + 1}`, name, sample: first[at] ?? '', meaning };
  });
}

/** The file with our names above its columns, and without those that are skipped. */
export function withMeanings(rows: readonly string[][], columns: readonly Column[]): string {
  const kept = columns.flatMap((column, at) => (column.meaning === 'skip' ? [] : [{ column, at }]));
  const head = kept.map(({ column }) => (column.meaning === 'attribute' ? column.name : column.meaning));
  const body = rows.slice(1).map((row) => kept.map(({ at }) => row[at] ?? ''));
  return writeCsv([head, ...body]);
}

/** What keeps columns as they are matched from being sent. */
export function faultOf(columns: readonly Column[]): 'noNumber' | 'twice' | null {
  const chosen = columns
    .map(({ meaning }) => meaning)
    .filter((meaning) => fields.some((each) => each === meaning));
  if (!chosen.includes('e164')) return 'noNumber';
  return new Set(chosen).size < chosen.length ? 'twice' : null;
}
