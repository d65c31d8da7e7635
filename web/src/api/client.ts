// The one place that calls the API: adds the token, renews it once after a 401, asks for the password when an act
// needs it, and turns every failure into an ApiProblem.
import { QueryClient } from '@tanstack/react-query';
import createFetchClient from 'openapi-fetch';
import createQueryClient from 'openapi-react-query';
import { saveFile } from '@/lib/files';
import { ApiProblem } from './problem';
import type { paths } from './schema.gen';
import { accessToken, refresh } from './session';
import { askStepUp } from './step_up';

const open = [
  '/v1/auth/login',
  '/v1/auth/signup',
  '/v1/auth/refresh',
  '/v1/auth/password/forgot',
  '/v1/auth/password/reset',
  '/v1/auth/verify_email',
  '/v1/invitations/preview',
  '/v1/invitations/accept',
];

async function once(request: Request, token: string | null): Promise<Response> {
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (thrown) {
    if (request.signal.aborted) throw thrown;
    throw ApiProblem.unreachable();
  }
}

/** Whether the token was refused, and not a password or a code. */
async function isStale(response: Response): Promise<boolean> {
  const { code } = await ApiProblem.from(response);
  return !['wrong_credentials', 'totp_required', 'wrong_totp'].includes(code);
}

/** Sends a request. It is cloned before each sending, so that one with a body can be sent again. */
export async function send(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  let token = accessToken();
  let response = await once(request.clone(), token);
  if (response.status === 401 && !open.includes(path) && (await isStale(response.clone()))) {
    token = (await refresh(token))?.access_token ?? null;
    if (token) response = await once(request.clone(), token);
  }
  if (response.ok) return response;
  const problem = await ApiProblem.from(response);
  if (problem.code !== 'step_up_required' || !(await askStepUp())) throw problem;
  response = await once(request.clone(), accessToken());
  if (!response.ok) throw await ApiProblem.from(response);
  return response;
}

export const api = createFetchClient<paths>({ baseUrl: location.origin, fetch: (request) => send(request) });

export const $api = createQueryClient(api);

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Offline is told as a failure that can be tried again; waiting in silence would look like loading.
        networkMode: 'always',
        refetchOnReconnect: true,
        retry: (count, thrown: unknown) => thrown instanceof ApiProblem && thrown.retryable && count < 2,
        retryDelay: (count) => 400 * 2 ** count,
      },
      mutations: { retry: false },
    },
  });
}

export const queryClient = makeQueryClient();

/** The body of an answer that must have one. */
export function body<T>(answer: { data?: T }): T {
  if (answer.data === undefined) {
    throw new ApiProblem(-1, { code: 'empty_answer', detail: 'The server sent an empty answer.' });
  }
  return answer.data;
}

/** Fetches a file that needs the token, and hands it to the browser to be saved. */
export async function download(path: string, name: string): Promise<void> {
  const response = await send(new Request(new URL(path, location.origin)));
  saveFile(await response.blob(), name);
}

/**
 * One idempotency key for one input: a repeated try of the same thing keeps it, another input gets another, and so
 * does a new try after the answer was final (`done`).
 */
export class SubmissionKey {
  #input = '';
  #key = '';

  for(input: unknown): string {
    const text = JSON.stringify(input);
    if (text !== this.#input || !this.#key) {
      this.#input = text;
      this.#key = crypto.randomUUID();
    }
    return this.#key;
  }

  done(): void {
    this.#key = '';
  }
}
