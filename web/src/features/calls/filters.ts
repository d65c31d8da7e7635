// Which calls the history shows: read from the address, put into words of the API.
import type { Call, CallStatus, EndedReason, Engine } from '@/api/types';
import words from '@/lib/strings.en.json';

const statuses = ['queued', 'dialing', 'ringing', 'in_progress', 'ended'] as const satisfies CallStatus[];
const directions = ['inbound', 'outbound'] as const;
const engines = ['realtime', 'relay', 'gather', 'pipeline'] as const satisfies Engine[];
const channels = ['phone', 'web'] as const;
const reasons = Object.keys(words.ended) as EndedReason[];

export const choices = { statuses, directions, engines, channels, reasons };

export interface Filters {
  status?: CallStatus;
  direction?: Call['direction'];
  reason?: EndedReason;
  number?: string;
  personality?: string;
  engine?: Engine;
  channel?: (typeof channels)[number];
  /** Days of the reader, `2026-11-21`, both within. */
  from?: string;
  to?: string;
  /** Digits of a caller's or called number. */
  q?: string;
}

export interface CallsSearch extends Filters {
  /** The dialog that places a call is open. */
  place?: boolean;
  /** Whom it is going to ring. */
  ring?: string;
  /** The call that is looked at beside the list. */
  peek?: string;
}

const one = <T extends string>(known: readonly T[], value: unknown) => known.find((each) => each === value);
const idOf = (kind: string, value: unknown) =>
  typeof value === 'string' && value.startsWith(`${kind}_`) ? value : undefined;
const dayOf = (value: unknown) =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined;

/** What of an address is a filter; anything else is left out. */
export function readFilters(search: Record<string, unknown>): Filters {
  const q = typeof search.q === 'number' ? String(search.q) : search.q;
  // Named even when unset: what is not named would be taken as it stands in the address.
  return {
    status: one(statuses, search.status),
    direction: one(directions, search.direction),
    reason: one(reasons, search.reason),
    number: idOf('num', search.number),
    personality: idOf('per', search.personality),
    engine: one(engines, search.engine),
    channel: one(channels, search.channel),
    from: dayOf(search.from),
    to: dayOf(search.to),
    q: typeof q === 'string' && q.trim() ? q : undefined,
  };
}

/** The filters of an address, and what is open beside the list. */
export function readSearch(search: Record<string, unknown>): CallsSearch {
  const ring = typeof search.ring === 'number' ? `+${search.ring}` : search.ring;
  return {
    ...readFilters(search),
    place: search.place === true || undefined,
    ring: search.place === true && typeof ring === 'string' && ring ? ring : undefined,
    peek: idOf('call', search.peek),
  };
}

/** A piece of a number that can be looked for. */
export function isPiece(text: string): boolean {
  const digits = text.replace(/\D/g, '').length;
  return /^[\d\s+().\-/]+$/.test(text) && digits >= 2 && digits <= 15;
}

/** The filters as the API takes them; days become moments of the reader's clock. */
export function queryOf({ reason, number, personality, from, to, q, ...same }: Filters) {
  return {
    status: same.status,
    direction: same.direction,
    engine: same.engine,
    channel: same.channel,
    ended_reason: reason,
    number_id: number,
    personality_id: personality,
    contains: q && isPiece(q) ? q : undefined,
    'created_at[gte]': from && midnight(from, 0),
    'created_at[lt]': to && midnight(to, 1),
  };
}

function midnight(day: string, later: number): string {
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + later);
  return at.toISOString();
}

export const filterNames = [
  'status',
  'direction',
  'reason',
  'number',
  'personality',
  'engine',
  'channel',
  'from',
  'to',
  'q',
] as const satisfies (keyof Filters)[];

export const isFiltered = (search: Filters) => filterNames.some((name) => search[name] !== undefined);

/** Every filter off. */
export const noFilters = Object.fromEntries(filterNames.map((name) => [name, undefined])) as Filters;
