import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { aSession, problem } from '@/test/data';
import { server, url } from '@/test/server';
import { api, SubmissionKey } from './client';
import { ApiProblem } from './problem';
import { onSignedOut, refresh, sessionStore, signIn, signOut, startSession } from './session';
import { stepUpStore } from './step_up';

beforeEach(() => signIn(aSession({ access_token: 'old' })));

describe('a token that is not good any more', () => {
  it('is renewed once for five requests at the same time, and all five bodies are sent again', async () => {
    let refreshes = 0;
    const bodies: string[] = [];
    server.use(
      http.post(url('/v1/auth/refresh'), async () => {
        refreshes += 1;
        return HttpResponse.json(aSession({ access_token: 'new' }));
      }),
      http.post(url('/v1/calls/:id/actions'), async ({ request }) => {
        if (request.headers.get('authorization') !== 'Bearer new') return problem(401, 'unauthenticated');
        const { action_id } = (await request.json()) as { action_id: string };
        bodies.push(action_id);
        return HttpResponse.json({ action_id, status: 'applied' });
      }),
    );
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((action_id) =>
        api.POST('/v1/calls/{id}/actions', {
          params: { path: { id: 'call_1' } },
          body: { action_id, type: 'end' },
        }),
      ),
    );
    expect(refreshes).toBe(1);
    expect(bodies.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(answers.map(({ data }) => data?.status)).toEqual(Array(5).fill('applied'));
  });

  it('ends the session when it cannot be renewed', async () => {
    let left = 0;
    const stop = onSignedOut(() => {
      left += 1;
    });
    server.use(
      http.post(url('/v1/auth/refresh'), () => problem(401, 'unauthenticated')),
      http.get(url('/v1/me'), () => problem(401, 'unauthenticated')),
    );
    await expect(api.GET('/v1/me')).rejects.toMatchObject({ status: 401 });
    expect(sessionStore.getState().status).toBe('signed_out');
    expect(left).toBe(1);
    stop();
  });

  it('is not doubted when a password or a code was wrong', async () => {
    let asked = 0;
    server.use(
      http.post(url('/v1/auth/step_up'), () => {
        asked += 1;
        return problem(401, 'wrong_totp');
      }),
    );
    // A refresh would be a request that nobody answers here, and a second try of the code.
    await expect(
      api.POST('/v1/auth/step_up', { body: { password: 'right', totp: '000000' } }),
    ).rejects.toMatchObject({ code: 'wrong_totp' });
    expect(asked).toBe(1);
    expect(sessionStore.getState().status).toBe('signed_in');
  });

  it('of another company empties what was read of the one before', () => {
    let left = 0;
    const stop = onSignedOut(() => {
      left += 1;
    });
    signIn(aSession({ access_token: 'newer' }));
    expect(left).toBe(0);
    const { tenant } = aSession();
    signIn(aSession({ access_token: 'newest', tenant: { ...tenant, id: 'ten_2', name: 'Second Street' } }));
    expect(left).toBe(1);
    expect(sessionStore.getState().session?.tenant.name).toBe('Second Street');
    stop();
  });

  it('does not end the session when the server cannot be reached', async () => {
    server.use(http.post(url('/v1/auth/refresh'), () => HttpResponse.error()));
    await expect(refresh('old')).rejects.toMatchObject({ code: 'unreachable' });
    expect(sessionStore.getState().status).toBe('signed_in');
  });

  it('is not renewed again when another tab has done it', async () => {
    signIn(aSession({ access_token: 'from another tab' }));
    const session = await refresh('old');
    expect(session?.access_token).toBe('from another tab');
  });
});

describe('an act that needs a fresh sign-in', () => {
  const deleteKey = () => api.DELETE('/v1/api_keys/{id}', { params: { path: { id: 'key_1' } } });

  it('is sent again after the password was given', async () => {
    let tries = 0;
    server.use(
      http.delete(url('/v1/api_keys/key_1'), () => {
        tries += 1;
        return tries === 1 ? problem(403, 'step_up_required') : new HttpResponse(null, { status: 204 });
      }),
    );
    const asked = new Promise<void>((resolve) => {
      const stop = stepUpStore.subscribe(({ asking, answer }) => {
        if (!asking) return;
        stop();
        answer(true);
        resolve();
      });
    });
    await deleteKey();
    await asked;
    expect(tries).toBe(2);
  });

  it('fails when the person gives up', async () => {
    server.use(http.delete(url('/v1/api_keys/key_1'), () => problem(403, 'step_up_required')));
    const stop = stepUpStore.subscribe(({ asking, answer }) => asking && answer(false));
    await expect(deleteKey()).rejects.toMatchObject({ code: 'step_up_required' });
    stop();
  });
});

describe('the start', () => {
  it('asks nothing of the server in a browser that never signed in', async () => {
    await signedOutQuietly();
    await startSession();
    expect(sessionStore.getState().status).toBe('signed_out');
  });

  it('says so when the server cannot be reached', async () => {
    await signedOutQuietly();
    localStorage.setItem('phony.signed_in.v1', '1');
    server.use(http.post(url('/v1/auth/refresh'), () => HttpResponse.error()));
    await startSession();
    expect(sessionStore.getState().status).toBe('unreachable');
  });
});

async function signedOutQuietly() {
  server.use(http.post(url('/v1/auth/logout'), () => new HttpResponse(null, { status: 204 })));
  await signOut();
}

describe('problems', () => {
  it('keep code, faults and request id', async () => {
    server.use(
      http.get(url('/v1/me'), () =>
        problem(422, 'invalid', { errors: [{ param: 'name', code: 'required', detail: 'must be given' }] }),
      ),
    );
    const thrown = await api.GET('/v1/me').catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ApiProblem);
    expect(thrown).toMatchObject({ code: 'invalid', requestId: 'req_1', errors: [{ param: 'name' }] });
  });

  it('survive an answer that is not JSON', async () => {
    server.use(http.get(url('/v1/me'), () => new HttpResponse('<h1>Bad gateway</h1>', { status: 502 })));
    await expect(api.GET('/v1/me')).rejects.toMatchObject({ status: 502, retryable: true });
  });
});

describe('an idempotency key', () => {
  it('stays for the same input and changes with it', () => {
    const key = new SubmissionKey();
    const first = key.for({ e164: '+1' });
    expect(key.for({ e164: '+1' })).toBe(first);
    expect(key.for({ e164: '+2' })).not.toBe(first);
    const second = key.for({ e164: '+2' });
    key.done();
    expect(key.for({ e164: '+2' })).not.toBe(second);
  });
});
