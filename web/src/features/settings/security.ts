// Second factors, sessions and the company's own sign-in.
import { api, body } from '@/api/client';
import type { SsoPut } from '@/api/types';

export async function beginTotp() {
  return body(await api.POST('/v1/auth/totp/enrol'));
}

export async function confirmTotp(code: string): Promise<readonly string[]> {
  return body(await api.POST('/v1/auth/totp/confirm', { body: { code } })).recovery_codes;
}

export async function disableTotp(code: string): Promise<void> {
  await api.POST('/v1/auth/totp/disable', { body: { code } });
}

/** Ten codes in place of those there are. */
export async function renewCodes(): Promise<readonly string[]> {
  return body(await api.POST('/v1/auth/totp/recovery_codes')).recovery_codes;
}

/** Every other session of the person ends with it. */
export async function changePassword(
  current_password: string,
  password: string,
  totp: string,
): Promise<void> {
  await api.POST('/v1/auth/password', {
    body: { current_password, password, ...(totp ? { totp } : {}) },
  });
}

export async function unlinkIdentity(id: string): Promise<void> {
  await api.DELETE('/v1/identities/{id}', { params: { path: { id } } });
}

export async function revokeSession(id: string): Promise<void> {
  await api.DELETE('/v1/sessions/{id}', { params: { path: { id } } });
}

export async function revokeOthers(): Promise<void> {
  await api.DELETE('/v1/sessions');
}

export async function saveSso(connection: SsoPut) {
  return body(await api.PUT('/v1/sso_connection', { body: connection }));
}

/** Leaves for the company's sign-in page, to tie this account to who one is there. */
export async function leaveToLink(): Promise<void> {
  const { url } = body(await api.POST('/v1/auth/sso/link', { body: { return_to: location.pathname } }));
  location.assign(url);
}

/** Looks into the DNS of the domains that are not proven. */
export async function verifyDomains() {
  return body(await api.POST('/v1/sso_connection/verify_domains'));
}

export async function removeSso(): Promise<void> {
  await api.DELETE('/v1/sso_connection');
}
