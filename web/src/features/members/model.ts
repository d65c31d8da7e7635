// What can be done with the people of a company.
import { useQueryClient } from '@tanstack/react-query';
import { $api, api, body } from '@/api/client';
import { signOut } from '@/api/session';
import type { Member, Role, RoleInfo } from '@/api/types';

export async function listMembers(cursor: string | undefined, signal: AbortSignal) {
  return body(await api.GET('/v1/members', { params: { query: { limit: 100, cursor } }, signal }));
}

export async function listInvitations(cursor: string | undefined, signal: AbortSignal) {
  return body(await api.GET('/v1/invitations', { params: { query: { limit: 100, cursor } }, signal }));
}

export async function invite(email: string, role: Role): Promise<void> {
  await api.POST('/v1/invitations', { body: { email, role } });
}

/** Mails a new link; the one before is worth nothing then. */
export async function inviteAgain(id: string): Promise<void> {
  await api.POST('/v1/invitations/{id}/resend', { params: { path: { id } } });
}

export async function takeBack(id: string): Promise<void> {
  await api.DELETE('/v1/invitations/{id}', { params: { path: { id } } });
}

export async function changeRole(id: string, role: Role): Promise<void> {
  await api.PATCH('/v1/members/{id}', { params: { path: { id } }, body: { role } });
}

export async function removeMember(id: string): Promise<void> {
  await api.DELETE('/v1/members/{id}', { params: { path: { id } } });
}

/** One's own way out; the session ends with it. */
export async function leave(): Promise<void> {
  await api.POST('/v1/members/leave');
  await signOut();
}

/** Without an admin nobody could let anybody in again; the server refuses it too. */
export function isLastAdmin(members: readonly Member[], member: Member): boolean {
  return member.role === 'admin' && members.filter(({ role }) => role === 'admin').length === 1;
}

/** What each role may do in this company; empty until it is known. */
export function useRoles(): readonly RoleInfo[] {
  return $api.useQuery('get', '/v1/roles').data?.data ?? [];
}

export function useMembersChanged(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({
      predicate: ({ queryKey }) => /^\/v1\/(members|invitations)/.test(String(queryKey[1])),
    });
}
