// Files that a page hands to the browser to be saved.

/** Hands a file to the browser under this name. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const quote = (cell: string) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Rows as CSV, cells quoted where they must be. */
export const writeCsv = (rows: readonly (readonly string[])[]) =>
  rows.map((row) => `${row.map(quote).join(',')}\n`).join('');

/** Text that people wrote, so that a spreadsheet takes it for text and for no formula. */
export const plainCell = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export function saveCsv(rows: readonly (readonly string[])[], name: string): void {
  saveFile(new Blob([writeCsv(rows)], { type: 'text/csv' }), name);
}
