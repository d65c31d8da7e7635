// The rules of the sign-up and sign-in forms, and the acts behind them.
import type { TFunction } from 'i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import type { ApiProblem } from '@/api/problem';
import { signIn } from '@/api/session';
import type { EmailVerified, InvitationPreview } from '@/api/types';

z.config({ jitless: true });

type T = TFunction<'auth'>;

const needed = (t: T, max: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => t('fault.required') }),
      z.maxLength(max, { error: () => t('fault.long', { max }) }),
    );

const email = (t: T) =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => t('fault.required'), abort: true }),
      z.regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, { error: () => t('fault.email') }),
      z.maxLength(254, { error: () => t('fault.long', { max: 254 }) }),
    );

export const signUpSchema = (t: T) =>
  z.object({
    company: needed(t, 120),
    name: needed(t, 120),
    email: email(t),
    password: z
      .string()
      .check(
        z.minLength(12, { error: () => t('fault.short') }),
        z.maxLength(128, { error: () => t('fault.long', { max: 128 }) }),
      ),
    time_zone: z.string(),
  });

export const logInSchema = (t: T) =>
  z.object({
    email: email(t),
    password: z.string().check(z.minLength(1, { error: () => t('fault.required') })),
  });

export const stepUpSchema = (t: T) =>
  z.object({ password: z.string().check(z.minLength(1, { error: () => t('fault.required') })) });

export type SignUpValues = z.infer<ReturnType<typeof signUpSchema>>;
export type LogInValues = z.infer<ReturnType<typeof logInSchema>>;
export type StepUpValues = z.infer<ReturnType<typeof stepUpSchema>>;

export async function signUp(values: SignUpValues): Promise<void> {
  signIn(body(await api.POST('/v1/auth/signup', { body: values })));
}

/** With the code of the second factor once the server has asked for it. */
export async function logIn(values: LogInValues, totp?: string): Promise<void> {
  signIn(body(await api.POST('/v1/auth/login', { body: { ...values, ...(totp ? { totp } : {}) } })));
}

export async function stepUp(values: StepUpValues, totp?: string): Promise<void> {
  signIn(body(await api.POST('/v1/auth/step_up', { body: { ...values, ...(totp ? { totp } : {}) } })));
}

/** Leaves for the sign-in of the company that an address belongs to. */
export function leaveForSso(email: string): void {
  location.assign(`/v1/auth/sso/start?${new URLSearchParams({ email })}`);
}

/** The same for an act that needs a fresh sign-in; it ends where it began. */
export function leaveForFreshSso(tenant_id: string): void {
  const return_to = location.pathname + location.search;
  location.assign(`/v1/auth/sso/start?${new URLSearchParams({ tenant_id, return_to, fresh: 'true' })}`);
}

export async function forgotPassword(email: string): Promise<void> {
  await api.POST('/v1/auth/password/forgot', { body: { email } });
}

export async function resetPassword(token: string, password: string): Promise<void> {
  await api.POST('/v1/auth/password/reset', { body: { token, password } });
}

export async function verifyEmail(token: string): Promise<EmailVerified> {
  return body(await api.POST('/v1/auth/verify_email', { body: { token } }));
}

export async function lookAtInvitation(token: string): Promise<InvitationPreview> {
  return body(await api.POST('/v1/invitations/preview', { body: { token } }));
}

interface Acceptance {
  token: string;
  /** Of somebody new. */
  name?: string;
  /** A new one, or that of the account; none for who is signed in. */
  password?: string;
  totp?: string;
}

export async function acceptInvitation(input: Acceptance): Promise<void> {
  signIn(body(await api.POST('/v1/invitations/accept', { body: input })));
}

/** What is wrong with a code, at its field. */
export function codeFault(problem: ApiProblem | null): string | undefined {
  if (problem?.code !== 'wrong_totp') return undefined;
  return `${problem.detail.charAt(0).toUpperCase()}${problem.detail.slice(1)}.`;
}

/** Whether a sign-in waits for the code of the second factor. */
export const asksForCode = ({ code }: { code: string }) => code === 'totp_required';

export type Strength = { word: 'short'; missing: number } | { word: 'plain' | 'good' | 'strong' };

/** How hard a password is to guess, roughly, by its length and the variety of its characters. */
export function strengthOf(password: string): Strength {
  const length = [...password].length;
  if (length < 12) return { word: 'short', missing: 12 - length };
  const different = new Set(password.toLowerCase()).size;
  if (different < 6) return { word: 'plain' };
  return { word: length >= 20 && different >= 10 ? 'strong' : 'good' };
}

export function guessedZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function zones(): string[] {
  const all = Intl.supportedValuesOf('timeZone');
  const own = guessedZone();
  return [...new Set(['UTC', own, ...all])].sort((a, b) => a.localeCompare(b));
}

/** Where to go after signing in: only ever a path of this app. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') && !next.startsWith('/signup')
    ? next
    : '/';
}
