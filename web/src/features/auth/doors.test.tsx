import { screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { aSession, problem } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import * as model from './model';

const fill = async (user: ReturnType<typeof showApp>['user']) => {
  await user.type(await screen.findByLabelText('E-mail'), 'ana@example.com');
  await user.type(screen.getByLabelText('Password'), 'a long sentence');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
};

describe('a sign-in with a second factor', () => {
  it('asks for the code, tells a wrong one at its field, and goes on', async () => {
    const sent: { totp?: string }[] = [];
    server.use(
      http.post(url('/v1/auth/login'), async ({ request }) => {
        const input = (await request.json()) as { totp?: string };
        sent.push(input);
        if (!input.totp) return problem(401, 'totp_required');
        return input.totp === '123456'
          ? HttpResponse.json(aSession())
          : problem(401, 'wrong_totp', { detail: 'the code is not right, or was used before' });
      }),
    );
    const { user, router } = showApp('/login?next=/keys', null);
    await fill(user);
    expect(await screen.findByRole('heading', { level: 1, name: 'Second factor' })).toBeVisible();
    await user.type(screen.getByLabelText('Code'), '000000{Enter}');
    await waitFor(() => expect(screen.getByLabelText('Code')).toHaveAccessibleDescription(/not right/));
    await user.clear(screen.getByLabelText('Code'));
    await user.type(screen.getByLabelText('Code'), '123456{Enter}');
    await waitFor(() => expect(router.state.location.pathname).toBe('/keys'));
    expect(sent.map(({ totp }) => totp)).toEqual([undefined, '000000', '123456']);
  });

  it('leaves for the page of the company where passwords are refused', async () => {
    server.use(http.post(url('/v1/auth/login'), () => problem(403, 'sso_required')));
    const { user } = showApp('/login', null);
    await fill(user);
    expect(await screen.findByText('Your company has its own sign-in page.')).toBeVisible();
    expect(screen.getByLabelText('E-mail')).toHaveValue('ana@example.com');
    await user.click(screen.getByRole('button', { name: 'Sign in with a password' }));
    expect(await screen.findByLabelText('Password')).toBeVisible();
  });

  it('says why the company did not let somebody in', async () => {
    showApp('/sso?error=sso_no_account', null);
    expect(await screen.findByText(/Ask an admin of your company/)).toBeVisible();
  });
});

describe('mailed links', () => {
  it('confirm an address by a press', async () => {
    let sent: unknown;
    server.use(
      http.post(url('/v1/auth/verify_email'), async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ outcome: 'confirmed', company: 'Acme' });
      }),
    );
    const { user } = showApp('/verify#token=abc', null);
    await user.click(await screen.findByRole('button', { name: 'Confirm the address' }));
    expect(await screen.findByText('The address is confirmed.')).toBeVisible();
    expect(sent).toEqual({ token: 'abc' });
  });

  it('say which account has the company when the address had one before', async () => {
    server.use(
      http.post(url('/v1/auth/verify_email'), () =>
        HttpResponse.json({ outcome: 'joined', company: 'Globex' }),
      ),
    );
    const { user } = showApp('/verify#token=abc', null);
    await user.click(await screen.findByRole('button', { name: 'Confirm the address' }));
    expect(await screen.findByText(/Globex is beside its other companies now/)).toBeVisible();
    await user.click(screen.getByRole('link', { name: 'Sign in' }));
    expect(await screen.findByLabelText('Password')).toBeVisible();
  });

  it('let a password be chosen', async () => {
    server.use(
      http.post(url('/v1/auth/password/reset'), async ({ request }) => {
        const { password } = (await request.json()) as { password: string };
        return password === 'short'
          ? problem(422, 'validation_failed', {
              errors: [{ param: 'password', code: 'too_short', detail: 'is too short' }],
            })
          : new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/reset#token=abc', null);
    await user.type(await screen.findByLabelText('Password'), 'short');
    await user.click(screen.getByRole('button', { name: 'Set the password' }));
    await waitFor(() => expect(screen.getByLabelText('Password')).toBeInvalid());
    await user.type(screen.getByLabelText('Password'), ' and then long enough');
    await user.click(screen.getByRole('button', { name: 'Set the password' }));
    expect(await screen.findByText(/The password is changed/)).toBeVisible();
  });

  it('say so when they are not whole', async () => {
    for (const path of ['/verify', '/reset', '/invite']) {
      const { unmount } = showApp(path, null);
      expect(await screen.findByText(/This link is not whole/)).toBeVisible();
      unmount();
    }
  });

  it('let somebody new join, and somebody known with the password alone', async () => {
    const accept = vi.spyOn(model, 'acceptInvitation').mockResolvedValue();
    const preview = {
      company: 'Acme Dental',
      email: 'ben@example.com',
      role: 'viewer',
      invited_by: 'Ana Ortiz',
      expires_at: '2026-11-27T08:00:00.000Z',
      has_account: false,
    };
    server.use(http.post(url('/v1/invitations/preview'), () => HttpResponse.json(preview)));
    const first = showApp('/invite#token=abc', null);
    expect(await screen.findByRole('heading', { level: 1, name: 'Join Acme Dental' })).toBeVisible();
    await first.user.type(screen.getByLabelText('Your name'), 'Ben Okafor');
    await first.user.type(screen.getByLabelText('Password'), 'a long sentence');
    await first.user.click(screen.getByRole('button', { name: 'Join' }));
    await waitFor(() => expect(accept).toHaveBeenCalled());
    expect(accept.mock.calls[0]?.[0]).toEqual({
      token: 'abc',
      name: 'Ben Okafor',
      password: 'a long sentence',
    });
    first.unmount();

    server.use(
      http.post(url('/v1/invitations/preview'), () => HttpResponse.json({ ...preview, has_account: true })),
    );
    const second = showApp('/invite#token=abc', null);
    await second.user.type(await screen.findByLabelText('Password'), 'my own password{Enter}');
    await waitFor(() => expect(accept).toHaveBeenCalledTimes(2));
    expect(accept.mock.calls[1]?.[0]).toEqual({ token: 'abc', password: 'my own password' });
    expect(screen.queryByLabelText('Your name')).not.toBeInTheDocument();
  });

  it('are asked for by mail, with the same answer for everybody', async () => {
    server.use(http.post(url('/v1/auth/password/forgot'), () => new HttpResponse(null, { status: 204 })));
    const { user } = showApp('/forgot', null);
    await user.type(await screen.findByLabelText('E-mail'), 'nobody@example.com{Enter}');
    expect(await screen.findByText(/If nobody@example.com has an account/)).toBeVisible();
  });
});
