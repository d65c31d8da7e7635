// Companies and their people, made through the doors that everybody uses.
import { randomUUID } from 'node:crypto';
import { mailTo, tokenOf } from './mails.ts';
import type { Place } from './product.ts';
import { programs, run } from './process.ts';

export const password = 'plum kettle orbit 93';

export interface Person {
  name: string;
  email: string;
}

export interface Company {
  id: string;
  name: string;
  admin: Person;
  token: string;
}

export class Api {
  constructor(
    private readonly place: Place,
    private readonly token: string | null = null,
  ) {}

  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { 'idempotency-key': randomUUID() };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    return fetch(`${this.place.url}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  async good<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (text ? JSON.parse(text) : null) as T;
  }
}

let next = 0;

export function freshEmail(name: string): string {
  next += 1;
  const word = name.toLowerCase().replace(/[^a-z]+/g, '-');
  return `${word}-${Date.now().toString(36)}-${process.pid}-${next}@people.example`;
}

/** A company whose admin has confirmed the address, unless it is to be seen without. */
export async function newCompany(place: Place, name: string, confirmed = true): Promise<Company> {
  const admin = { name: 'Ana Ortiz', email: freshEmail('Ana Ortiz') };
  const session = await new Api(place).good<{ access_token: string; tenant: { id: string } }>(
    'POST',
    '/v1/auth/signup',
    { company: name, ...admin, password, time_zone: 'Europe/Berlin' },
  );
  if (confirmed) {
    const token = tokenOf(await mailTo(place, admin.email, /Confirm/));
    await new Api(place).good('POST', '/v1/auth/verify_email', { token });
  }
  return { id: session.tenant.id, name, admin, token: session.access_token };
}

/** A further member, let in by the operator of the installation. */
export async function addMember(
  place: Place,
  company: Company,
  role: 'supervisor' | 'viewer',
  name: string,
): Promise<Person> {
  const email = freshEmail(name);
  const who = ['--tenant', company.id, '--email', email, '--name', name, '--role', role, '--password-stdin'];
  await run(programs.phony, ['admin', 'add-member', ...who], place.environment, password);
  return { name, email };
}

/** Buys a number that a personality of this name answers, spoken by `relay` unless said otherwise. */
export async function buyNumber(
  place: Place,
  company: Company,
  personality: string,
  engine = 'relay',
): Promise<string> {
  const api = new Api(place, company.token);
  const list = await api.good<{ data: { id: string; name: string }[] }>('GET', '/v1/personalities?limit=100');
  const chosen = list.data.find((each) => each.name === personality);
  if (!chosen) throw new Error(`there is no personality ${personality}`);
  const wanted = { country: 'US', area_code: '415', label: 'Front desk', personality_id: chosen.id, engine };
  return (await api.good<{ e164: string }>('POST', '/v1/numbers', wanted)).e164;
}

/** Lets a company's agents ring at any hour, as tests run at all hours, and whom they want. */
export async function allowAllHours(place: Place, company: Company): Promise<void> {
  const open = { calling_hours: { from: '00:00', to: '24:00' }, consent: { ai_voice: 'not_required' } };
  await new Api(place, company.token).good('PATCH', '/v1/tenant', { outbound_policy: open });
}
