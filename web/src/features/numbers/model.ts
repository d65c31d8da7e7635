// What can be done with numbers, and the lists that change with it.
import { useQueryClient } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { NumberPatch, PhoneNumber } from '@/api/types';
import type { ChosenEngine } from '@/engines/engines';

export const countries = ['US', 'CA', 'GB', 'IN', 'DE', 'FR', 'ES', 'NL', 'AU', 'BR', 'MX'] as const;

export type NumberKind = 'local' | 'toll_free' | 'mobile';

export interface SearchInput {
  country: string;
  area_code: string;
  contains: string;
  type: NumberKind;
}

export async function searchNumbers({ country, area_code, contains, type }: SearchInput) {
  const query = {
    country,
    type,
    area_code: area_code.trim() || undefined,
    contains: contains.trim() || undefined,
  };
  return body(await api.GET('/v1/numbers/available', { params: { query } })).data;
}

export interface BuyInput {
  e164: string;
  label?: string;
  personality_id?: string;
  engine?: ChosenEngine;
}

export async function buyNumber(input: BuyInput, key: string): Promise<PhoneNumber> {
  return body(await api.POST('/v1/numbers', { params: { header: { 'Idempotency-Key': key } }, body: input }));
}

export async function changeNumber(id: string, change: NumberPatch) {
  return body(await api.PATCH('/v1/numbers/{id}', { params: { path: { id } }, body: change }));
}

export async function releaseNumber(id: string): Promise<void> {
  await api.DELETE('/v1/numbers/{id}', { params: { path: { id } } });
}

/** Looks at the carrier's settings of a number and puts right what is not ours. */
export async function syncNumber(id: string): Promise<PhoneNumber> {
  return body(await api.POST('/v1/numbers/{id}/sync', { params: { path: { id } } }));
}

export interface ImportInput {
  sid?: string;
  e164?: string;
  label?: string;
  personality_id?: string;
  engine?: ChosenEngine;
}

/** Takes over a number that the company holds at the carrier already. */
export async function importNumber(input: ImportInput, key: string): Promise<PhoneNumber> {
  return body(
    await api.POST('/v1/numbers/import', { params: { header: { 'Idempotency-Key': key } }, body: input }),
  );
}

/** Makes everything about numbers ask again. */
export function useNumbersChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/numbers') });
}

/** `+1 (415) 555-0134` and `4155550134` both confirm `+14155550134`. */
export function confirms(typed: string, e164: string): boolean {
  const digits = typed.replace(/\D/g, '');
  return (
    digits.length >= 7 && (digits === e164.slice(1) || (e164.startsWith('+1') && digits === e164.slice(2)))
  );
}

export function yearly({ amount, currency }: { amount: string; currency: string }) {
  return { amount: (Number(amount) * 12).toFixed(2), currency };
}
