// Copies of the company's data, and its erasure.
import { useQueryClient } from '@tanstack/react-query';
import { api, body } from '@/api/client';

/** The company, or one contact by number. */
export type Subject = { subject: 'tenant'; confirm?: string } | { subject: 'contact'; e164: string };

export async function askCopy(about: Subject, key: string) {
  const { subject } = about;
  const input = about.subject === 'contact' ? { subject, e164: about.e164 } : { subject };
  return body(
    await api.POST('/v1/privacy/exports', { params: { header: { 'Idempotency-Key': key } }, body: input }),
  );
}

export async function askErasure(subject: Subject, key: string) {
  return body(
    await api.POST('/v1/privacy/erasures', { params: { header: { 'Idempotency-Key': key } }, body: subject }),
  );
}

const half = (cursor: string | undefined, signal: AbortSignal) => ({
  params: { query: { limit: 50, cursor } },
  signal,
});

export async function listCopies(cursor: string | undefined, signal: AbortSignal) {
  return body(await api.GET('/v1/privacy/exports', half(cursor, signal)));
}

export async function listErasures(cursor: string | undefined, signal: AbortSignal) {
  return body(await api.GET('/v1/privacy/erasures', half(cursor, signal)));
}

export const isUnderWay = ({ status }: { status: string }) => status === 'queued' || status === 'running';

export function usePrivacyChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({
      predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/privacy'),
    });
}
