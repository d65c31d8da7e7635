// The operations this app uses, in the form of the generated schema, until that schema takes this file's place.
import type { Item } from '@/live/wire';
import type {
  ApiKey,
  AvailableNumber,
  Call,
  Export,
  Me,
  Page,
  Personality,
  PersonalityBody,
  PhoneNumber,
  Session,
  Usage,
} from './types';

interface Input {
  query?: unknown;
  path?: unknown;
  header?: unknown;
  body?: unknown;
}

type Given<I, K extends string> = I extends { [name in K]: infer V } ? V : undefined;

interface Operation<I extends Input, Ok> {
  parameters: (I extends { query: infer Q } ? { query?: Q } : { query?: never }) &
    (I extends { path: infer P } ? { path: P } : { path?: never }) &
    (I extends { header: infer H } ? { header: H } : { header?: never });
  requestBody?: Given<I, 'body'> extends undefined
    ? never
    : { content: { 'application/json': Given<I, 'body'> } };
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Ok } } };
}

type Id = { id: string };
type Cursor = { limit?: number; cursor?: string };
type Once = { 'Idempotency-Key': string };

export interface paths {
  '/v1/auth/signup': {
    post: Operation<
      { body: { company: string; name: string; email: string; password: string; time_zone?: string } },
      Session
    >;
  };
  '/v1/auth/login': { post: Operation<{ body: { email: string; password: string } }, Session> };
  '/v1/auth/step_up': { post: Operation<{ body: { password: string } }, Session> };
  '/v1/me': { get: Operation<object, Me> };
  '/v1/api_keys': {
    get: Operation<{ query: Cursor }, Page<ApiKey>>;
    post: Operation<
      { header: Once; body: { name: string; scopes: string[]; expires_at?: string } },
      ApiKey & { key: string }
    >;
  };
  '/v1/api_keys/{id}': { delete: Operation<{ path: Id }, undefined> };
  '/v1/numbers/available': {
    get: Operation<
      { query: { country: string; area_code?: string; contains?: string; type?: string } },
      { data: AvailableNumber[] }
    >;
  };
  '/v1/numbers': {
    get: Operation<{ query: Cursor }, Page<PhoneNumber>>;
    post: Operation<
      { header: Once; body: { e164: string; label?: string; personality_id?: string } },
      PhoneNumber
    >;
  };
  '/v1/numbers/{id}': {
    patch: Operation<{ path: Id; body: { label?: string; personality_id?: string } }, PhoneNumber>;
    delete: Operation<{ path: Id }, undefined>;
  };
  '/v1/personalities': {
    get: Operation<{ query: Cursor }, Page<Personality>>;
    post: Operation<
      { body: Partial<PersonalityBody> & { name: string; voice: string; system_prompt: string } },
      Personality
    >;
  };
  '/v1/personalities/{id}': {
    get: Operation<{ path: Id }, Personality>;
    patch: Operation<{ path: Id; body: Partial<PersonalityBody> }, Personality>;
  };
  '/v1/calls': {
    get: Operation<
      { query: Cursor & { status?: Call['status']; direction?: Call['direction']; number_id?: string } },
      Page<Call>
    >;
  };
  '/v1/calls/live': { get: Operation<object, Page<Call>> };
  '/v1/calls/{id}': { get: Operation<{ path: Id }, Call> };
  '/v1/calls/{id}/items': { get: Operation<{ path: Id; query: Cursor }, Page<Item>> };
  '/v1/calls/{id}/actions': {
    post: Operation<
      { path: Id; body: { action_id: string; type: string; [field: string]: unknown } },
      { action_id: string; status: string; code?: string; detail?: string }
    >;
  };
  '/v1/ws_tickets': {
    post: Operation<{ body: { purpose: 'live' } }, { ticket: string; expires_in: number }>;
  };
  '/v1/usage': {
    get: Operation<{ query: { from?: string; to?: string; group_by?: 'sku' | 'day' } }, Usage>;
  };
  '/v1/exports': {
    get: Operation<{ query: Cursor }, Page<Export>>;
    post: Operation<
      { header: Once; body: { dataset: 'usage'; format: 'csv'; from: string; to: string } },
      Export
    >;
  };
  '/v1/exports/{id}': { get: Operation<{ path: Id }, Export> };
}
