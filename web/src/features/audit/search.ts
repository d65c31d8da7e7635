// Which entries of the log are shown: read from the address, put into words of the API.
export interface AuditSearch {
  action?: string;
  actor?: string;
  target?: string;
  /** Days of the reader, both within. */
  from?: string;
  to?: string;
}

const text = (value: unknown) => (typeof value === 'string' && value.trim() ? value : undefined);
const day = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined;

export function readSearch(search: Record<string, unknown>): AuditSearch {
  return {
    action: text(search.action),
    actor: text(search.actor),
    target: text(search.target),
    from: day(search.from),
    to: day(search.to),
  };
}

export const isFiltered = (search: AuditSearch) => Object.values(readSearch({ ...search })).some(Boolean);

function midnight(date: string, later: number): string {
  const at = new Date(`${date}T00:00:00`);
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

export function queryOf({ action, actor, target, from, to }: AuditSearch) {
  return {
    action,
    actor,
    target,
    'at[gte]': from && midnight(from, 0),
    'at[lt]': to && midnight(to, 1),
  };
}
