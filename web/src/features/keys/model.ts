// What can be done with API keys.
import { useQueryClient } from '@tanstack/react-query';
import { $api, api, body } from '@/api/client';
import type { ApiKey } from '@/api/types';
import type { Scope } from '@/lib/permissions';

export interface KeyInput {
  name: string;
  scopes: Scope[];
  mode: ApiKey['mode'];
  allowed_cidrs: string[];
  expires_at?: string;
}

export async function createKey(input: KeyInput, key: string) {
  return body(
    await api.POST('/v1/api_keys', { params: { header: { 'Idempotency-Key': key } }, body: input }),
  );
}

/** Puts another key in its place; the old one goes on for the overlap. */
export async function rotateKey(id: string, overlap_hours: number, key: string) {
  return body(
    await api.POST('/v1/api_keys/{id}/rotate', {
      params: { path: { id }, header: { 'Idempotency-Key': key } },
      body: { overlap_hours },
    }),
  );
}

export async function revokeKey(id: string): Promise<void> {
  await api.DELETE('/v1/api_keys/{id}', { params: { path: { id } } });
}

export function useKeysChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({ queryKey: $api.queryOptions('get', '/v1/api_keys').queryKey.slice(0, 2) });
}

export type KeyState = 'active' | 'replaced' | 'expiring' | 'expired' | 'revoked';

const soonMs = 14 * 86_400_000;

export function stateOf(
  { status, expires_at, rotated_at }: Pick<ApiKey, 'status' | 'expires_at' | 'rotated_at'>,
  now: number,
): KeyState {
  if (status === 'revoked' || status === 'expired') return status;
  if (rotated_at) return expires_at && Date.parse(expires_at) <= now ? 'expired' : 'replaced';
  return expires_at && Date.parse(expires_at) - now < soonMs ? 'expiring' : 'active';
}

const isOver = ({ status }: Pick<ApiKey, 'status'>) => status !== 'active';

/** Keys that work before those that are over, else as they come. */
export function byUse<K extends Pick<ApiKey, 'status'>>(keys: readonly K[]): K[] {
  return keys.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b)));
}

export async function listKeys(cursor: string | undefined, signal: AbortSignal) {
  return body(await api.GET('/v1/api_keys', { params: { query: { limit: 100, cursor } }, signal }));
}

export function inDays(days: number, now: number): string {
  return new Date(now + days * 86_400_000).toISOString();
}

/** Networks as they are typed: one a line, or with commas. */
export const networksOf = (text: string) => text.split(/[\s,;]+/).filter(Boolean);
