// The audit log as it is read.
import { $api, api, body } from '@/api/client';
import type { AuditEntry } from '@/api/types';
import { dateTime } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { type AuditSearch, queryOf } from './search';
import { fieldName } from './words';

export async function listAudit(search: AuditSearch, cursor: string | undefined, signal: AbortSignal) {
  return body(
    await api.GET('/v1/audit_log', { params: { query: { ...queryOf(search), limit: 50, cursor } }, signal }),
  );
}

/** Where the same entries are as a file. */
export function fileOf(search: AuditSearch): string {
  const given = Object.entries(queryOf(search)).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const query = new URLSearchParams(given).toString();
  return `/v1/audit_log/export${query ? `?${query}` : ''}`;
}

const hundred = { params: { query: { limit: 100 } } };

/** The names of people and keys by their ids, as far as the reader may see them. */
export function useNames(): ReadonlyMap<string, string> {
  const members = $api.useQuery('get', '/v1/members', hundred, { enabled: useCan('member.read') });
  const keys = $api.useQuery('get', '/v1/api_keys', hundred, { enabled: useCan('key.read') });
  const known = [...(members.data?.data ?? []), ...(keys.data?.data ?? [])];
  return new Map(known.map(({ id, name }) => [id, name]));
}

/** Kinds of acts that are looked for most. */
export const kinds = [
  'session.',
  'member.',
  'invitation.',
  'key.',
  'totp.',
  'sso.',
  'number.',
  'personality.',
  'call.',
  'policy.',
  'plan.',
  'privacy.',
  'tenant.',
  'contact.',
  'consent.',
  'outbound.',
  'recording.',
  'provider_credential.',
] as const;

interface Change {
  name: string;
  before: unknown;
  after: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an entry says: how it was before and after, where it holds both, and what else there is. */
export function tellOf({ detail }: Pick<AuditEntry, 'detail'>): {
  changes: Change[];
  facts: [string, unknown][];
} {
  if (!isRecord(detail)) return { changes: [], facts: detail == null ? [] : [['', detail]] };
  const isMove = 'from' in detail && 'to' in detail;
  const {
    before = isMove ? detail.from : undefined,
    after = isMove ? detail.to : undefined,
    ...others
  } = detail;
  const told = isMove ? ['from', 'to', 'address', 'ip'] : ['address', 'ip'];
  const names = isRecord(before) || isRecord(after) ? namesOf(before, after) : [];
  const changes = names
    .map((name) => ({ name, before: partOf(before, name), after: partOf(after, name) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
  if (names.length === 0 && (before !== undefined || after !== undefined)) {
    changes.push({ name: '', before, after });
  }
  const facts = Object.entries(others).filter(([name, value]) => !told.includes(name) && value !== null);
  return { changes, facts };
}

const namesOf = (before: unknown, after: unknown) => [
  ...new Set([...Object.keys(isRecord(before) ? before : {}), ...Object.keys(isRecord(after) ? after : {})]),
];
const partOf = (value: unknown, name: string) => (isRecord(value) ? value[name] : undefined);

/** From which address something was done, where the entry knows it. */
export function addressOf({ detail }: Pick<AuditEntry, 'detail'>): string | null {
  const known = isRecord(detail) ? (detail.address ?? detail.ip) : null;
  return typeof known === 'string' && known ? known : null;
}

const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** A value as people read it: times by the reader's clock, lists with commas, what holds more than that by its fields. */
export function plainText(value: unknown, words: { yes: string; no: string }): string {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (Array.isArray(value)) return value.map((each) => plainText(each, words)).join(', ') || '–';
  if (isRecord(value)) {
    const parts = Object.entries(value).map(
      ([name, part]) => `${fieldName(name)}: ${plainText(part, words)}`,
    );
    return parts.join(', ') || '–';
  }
  return typeof value === 'string' && time.test(value) ? dateTime(value) : String(value);
}
