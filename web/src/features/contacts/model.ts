// What can be done with contacts.
import { useQueryClient } from '@tanstack/react-query';
import { api, body } from '@/api/client';
import type { Contact, ContactPlan, ImportReport, Verification } from '@/api/types';

export const plans = ['standard', 'premium'] as const satisfies ContactPlan[];

export interface ContactFilters {
  q?: string;
  plan?: ContactPlan;
}

export interface ContactInput {
  e164: string;
  name: string;
  plan: ContactPlan;
  verified: boolean;
  attributes: Record<string, string>;
}

export async function listContacts(
  { q, plan }: ContactFilters,
  cursor: string | undefined,
  signal: AbortSignal,
) {
  const query = { search: q?.trim() || undefined, plan, limit: 50, cursor };
  return body(await api.GET('/v1/contacts', { params: { query }, signal }));
}

export async function createContact(input: ContactInput): Promise<Contact> {
  return body(await api.POST('/v1/contacts', { body: input }));
}

export async function changeContact(id: string, input: ContactInput): Promise<Contact> {
  return body(await api.PATCH('/v1/contacts/{id}', { params: { path: { id } }, body: input }));
}

export async function deleteContact(id: string): Promise<void> {
  await api.DELETE('/v1/contacts/{id}', { params: { path: { id } } });
}

export type OnKnown = 'update' | 'keep';

export async function importContacts(csv: string, country: string, on_known: OnKnown): Promise<ImportReport> {
  return body(await api.POST('/v1/contacts/import', { body: { csv, country, on_known } }));
}

export async function verifyNumber(phone_number: string, country: string): Promise<Verification> {
  return body(await api.POST('/v1/contacts/verify', { body: { phone_number, country } }));
}

export function useContactsChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({
      predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/contacts'),
    });
}
