import { screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aSession, problem } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { safeNext, strengthOf } from './model';

describe('signing up', () => {
  const fill = async (user: ReturnType<typeof showApp>['user'], password: string) => {
    await user.type(await screen.findByLabelText('Company'), 'Acme Dental');
    await user.type(screen.getByLabelText('Your name'), 'Ana Ortiz');
    await user.type(screen.getByLabelText('E-mail'), 'ana@example.com');
    await user.type(screen.getByLabelText('Password'), password);
    await user.click(screen.getByRole('button', { name: 'Make the account' }));
  };

  it('tells every fault beside its field and goes to the first', async () => {
    const { user } = showApp('/signup', null);
    await user.click(await screen.findByRole('button', { name: 'Make the account' }));
    expect(await screen.findAllByText('This is needed.')).toHaveLength(3);
    expect(screen.getByText('12 characters or more are needed.')).toBeVisible();
    const company = screen.getByLabelText('Company');
    expect(company).toHaveFocus();
    expect(company).toBeInvalid();
    expect(company).toHaveAccessibleDescription(/This is needed/);
  });

  it('says in words how good the password is', async () => {
    const { user } = showApp('/signup', null);
    await user.type(await screen.findByLabelText('Password'), 'twelve');
    expect(screen.getByText('6 more characters needed')).toBeVisible();
  });

  it('puts the faults of the server beside their fields', async () => {
    server.use(
      http.post(url('/v1/auth/signup'), () =>
        problem(422, 'invalid', {
          errors: [{ param: 'password', code: 'too_common', detail: 'is one of the commonest passwords' }],
        }),
      ),
    );
    const { user } = showApp('/signup', null);
    await fill(user, 'password password');
    expect(await screen.findByText('Is one of the commonest passwords')).toBeVisible();
    expect(screen.getByLabelText('Password')).toBeInvalid();
  });

  it('signs in and leads to the welcome page', async () => {
    let sent: unknown;
    server.use(
      http.post(url('/v1/auth/signup'), async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json(aSession(), { status: 201 });
      }),
    );
    const { user, router } = showApp('/signup', null);
    await fill(user, 'a long sentence');
    await waitFor(() => expect(router.state.location.pathname).toBe('/welcome'));
    expect(await screen.findByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
    expect(sent).toMatchObject({
      company: 'Acme Dental',
      email: 'ana@example.com',
      time_zone: expect.any(String),
    });
  });
});

describe('signing in', () => {
  it('says that it was refused, with the request id', async () => {
    server.use(
      http.post(url('/v1/auth/login'), () =>
        problem(401, 'bad_credentials', { detail: 'the e-mail or the password is not right' }),
      ),
    );
    const { user } = showApp('/login', null);
    await user.type(await screen.findByLabelText('E-mail'), 'ana@example.com');
    await user.type(screen.getByLabelText('Password'), 'wrong password');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('The e-mail or the password is not right.');
    expect(alert).toHaveTextContent('Request req_1');
  });

  it('brings a stranger back to the page he wanted', async () => {
    server.use(http.post(url('/v1/auth/login'), () => HttpResponse.json(aSession())));
    const { user, router } = showApp('/keys', null);
    await user.type(await screen.findByLabelText('E-mail'), 'ana@example.com');
    await user.type(screen.getByLabelText('Password'), 'a long sentence');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/keys'));
  });

  it('goes only to pages of ours', () => {
    expect(safeNext('/calls?status=ended')).toBe('/calls?status=ended');
    for (const bad of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      undefined,
    ]) {
      expect(safeNext(bad)).toBe('/');
    }
  });
});

describe('the strength of a password', () => {
  it('follows length and variety', () => {
    expect(strengthOf('short')).toEqual({ word: 'short', missing: 7 });
    expect(strengthOf('aaaaaaaaaaaaaaa').word).toBe('plain');
    expect(strengthOf('correct horse').word).toBe('good');
    expect(strengthOf('correct horse battery staple').word).toBe('strong');
  });
});
