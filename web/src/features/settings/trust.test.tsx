import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Me } from '@/api/types';
import { aSession, aTenant, limits, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const me = (totp: NonNullable<Me['totp']>, more: object = {}) =>
  http.get(url('/v1/me'), () => {
    const { tenant, user, role, permissions } = aSession();
    return HttpResponse.json({
      tenant,
      user,
      role,
      permissions,
      scopes: null,
      limits,
      memberships: [],
      email_verified: true,
      tenant_verified: true,
      totp,
      ...more,
    });
  });

describe('the second factor', () => {
  it('is set up with a drawing and a code, and leaves recovery codes', async () => {
    let enabled = false;
    server.use(
      me({ enabled: false, required: true, recovery_codes_left: 0 }),
      http.post(url('/v1/auth/totp/enrol'), () =>
        HttpResponse.json({ secret: 'JBSWY3DPEHPK3PXP', otpauth_uri: 'otpauth://totp/Phony:a?secret=J' }),
      ),
      http.post(url('/v1/auth/totp/confirm'), async ({ request }) => {
        const { code } = (await request.json()) as { code: string };
        if (code !== '123456') {
          return problem(422, 'validation_failed', {
            errors: [{ param: 'code', code: 'wrong', detail: 'is not right' }],
          });
        }
        enabled = true;
        return HttpResponse.json({ recovery_codes: ['aaaa-bbbb', 'cccc-dddd'] });
      }),
    );
    const { user } = showApp('/settings/security', aSession());
    // What is still to be done is told on every page too.
    expect(await screen.findByRole('link', { name: 'Set it up' })).toBeVisible();
    await user.click(await screen.findByRole('button', { name: 'Set it up' }));
    const scan = await screen.findByRole('dialog', { name: 'Set up a second factor' });
    expect(within(scan).getByRole('img', { name: 'The secret as a QR code' })).toBeVisible();
    expect(within(scan).getByLabelText('Secret')).toHaveValue('JBSWY3DPEHPK3PXP');
    await user.type(within(scan).getByLabelText('Code'), '000000{Enter}');
    await waitFor(() => expect(within(scan).getByLabelText('Code')).toBeInvalid());
    await user.clear(within(scan).getByLabelText('Code'));
    await user.type(within(scan).getByLabelText('Code'), '123 456{Enter}');
    const codes = await screen.findByRole('dialog', { name: 'Recovery codes' });
    expect(within(codes).getAllByRole('listitem')).toHaveLength(2);
    await user.keyboard('{Escape}');
    expect(within(codes).getByText('aaaa-bbbb'), 'not lost by accident').toBeVisible();
    await user.click(within(codes).getByRole('button', { name: 'I stored them' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(enabled).toBe(true);
  });

  it('stays on where the company asks for it', async () => {
    server.use(me({ enabled: true, required: true, recovery_codes_left: 9 }));
    showApp('/settings/security', aSession());
    expect(await screen.findByRole('button', { name: 'Switch it off' })).toBeDisabled();
    expect(screen.getByText('Your company asks for a second factor.')).toBeVisible();
  });

  it('gets other recovery codes, shown once', async () => {
    server.use(
      me({ enabled: true, required: false, recovery_codes_left: 1 }),
      http.post(url('/v1/auth/totp/recovery_codes'), () =>
        HttpResponse.json({ recovery_codes: ['eeee-ffff', 'gggg-hhhh'] }),
      ),
    );
    const { user } = showApp('/settings/security', aSession());
    expect(await screen.findByText('1 recovery code is left.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'New recovery codes' }));
    await user.click(await screen.findByRole('button', { name: 'Make new codes' }));
    const codes = await screen.findByRole('dialog', { name: 'Recovery codes' });
    expect(within(codes).getByText('gggg-hhhh')).toBeVisible();
    await user.click(within(codes).getByRole('button', { name: 'I stored them' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  });
});

describe('the password', () => {
  it('is changed by who knows the one before, with a code where there is a second factor', async () => {
    const sent: unknown[] = [];
    server.use(
      me({ enabled: true, required: false, recovery_codes_left: 9 }),
      http.post(url('/v1/auth/password'), async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1
          ? problem(422, 'validation_failed', {
              errors: [{ param: 'current_password', code: 'wrong', detail: 'is not right' }],
            })
          : new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/settings/security', aSession());
    await user.click(await screen.findByRole('button', { name: 'Change it' }));
    const dialog = await screen.findByRole('dialog', { name: 'Change the password' });
    const current = within(dialog).getByLabelText('Password you have');
    expect(current).toHaveFocus();
    await user.type(current, 'wrong');
    await user.type(within(dialog).getByLabelText('New password'), 'another long sentence 7');
    await user.type(within(dialog).getByLabelText('Code'), '123 456{Enter}');
    await waitFor(() => expect(current).toHaveAccessibleDescription(/Is not right/));
    await user.clear(current);
    await user.type(current, 'plum kettle orbit 93{Enter}');
    expect(await screen.findByText(/The password is changed/)).toBeVisible();
    expect(sent[1]).toEqual({
      current_password: 'plum kettle orbit 93',
      password: 'another long sentence 7',
      totp: '123456',
    });
  });
});

describe('who one is at the company sign-in', () => {
  it('is listed and given up', async () => {
    let linked = [
      {
        id: 'idn_1',
        issuer: 'https://login.example.com/realms/acme',
        subject: '248289761001',
        linked_at: '2026-11-20T08:00:00.000Z',
      },
    ];
    server.use(
      http.get(url('/v1/identities'), () => HttpResponse.json(listOf(linked))),
      http.delete(url('/v1/identities/idn_1'), () => {
        linked = [];
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/settings/security', aSession());
    expect(await screen.findByText('248289761001')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Disconnect login.example.com' }));
    const dialog = await screen.findByRole('dialog', { name: 'Disconnect login.example.com?' });
    await user.click(within(dialog).getByRole('button', { name: 'Disconnect' }));
    expect(await screen.findByText('No account is connected.')).toBeVisible();
  });
});

describe('a sign-in of the company', () => {
  it('is offered by its plan, where it is no part of the one there is', async () => {
    server.use(http.get(url('/v1/sso_connection'), () => problem(404, 'not_found')));
    const session = aSession();
    showApp('/settings/security', { ...session, permissions: [...session.permissions, 'sso.read'] });
    expect(await screen.findByText(/Part of the Enterprise plan/)).toBeVisible();
    expect(screen.getByRole('link', { name: 'See the plans' })).toBeVisible();
    expect(screen.queryByLabelText('Issuer')).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Connect it' })).not.toBeInTheDocument();
  });
});

describe('the plan', () => {
  const plan = (name: string, more: object) => ({
    plan: name,
    monthly_fee: '29.00',
    current: false,
    limits,
    rates: [{ bucket: 'api.read', tokens: 600, per_seconds: 60, burst: 100 }],
    ...more,
  });

  it('is not shown to who may not see it', async () => {
    showApp('/settings/plan', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText('Needs the permission plan.read')).toBeVisible();
  });

  it('shows what is used, what a change does, and changes', async () => {
    let changed: unknown;
    const preview = {
      from: 'professional',
      to: 'basic',
      allowed: true,
      applied: false,
      monthly_fee: '0.00',
      limits,
      exceeding: [
        {
          what: 'numbers',
          have: 2,
          allowed: 1,
          names: [{ id: 'num_2', name: '+14155550135' }],
          // biome-ignore lint/suspicious/noThenProperty: the word of the API
          then: 'they go on working',
        },
        {
          what: 'sso',
          have: 1,
          allowed: 0,
          names: [{ id: null, name: 'https://login.example.com' }],
          // biome-ignore lint/suspicious/noThenProperty: the word of the API
          then: 'people sign in by password',
        },
      ],
    };
    server.use(
      http.get(url('/v1/plans'), () =>
        HttpResponse.json(
          listOf([
            plan('basic', {}),
            plan('professional', { current: true }),
            plan('enterprise', { monthly_fee: null }),
          ]),
        ),
      ),
      http.get(url('/v1/tenant/concurrency'), () =>
        HttpResponse.json({
          current: 10,
          limit: 10,
          available: 0,
          test_calls: 0,
          test_limit: 10,
        }),
      ),
      http.get(url('/v1/tenant/plan/preview'), () => HttpResponse.json(preview)),
      http.put(url('/v1/tenant/plan'), async ({ request }) => {
        changed = await request.json();
        return HttpResponse.json({ ...preview, applied: true });
      }),
    );
    const { user } = showApp('/settings/plan', aSession());
    expect(await screen.findByText('10 of 10 · full')).toBeVisible();
    expect(screen.getByText('By contract')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'See what Basic changes' }));
    const dialog = await screen.findByRole('dialog', { name: 'Change to Basic' });
    expect(await within(dialog).findByText('+1 415 555 0135')).toBeVisible();
    expect(within(dialog).getByRole('row', { name: 'Price $29.00 a month $0.00 a month' })).toBeVisible();
    expect(
      within(dialog).queryByRole('row', { name: /API keys/ }),
      'which stay as many',
    ).not.toBeInTheDocument();
    expect(within(dialog).getByText('They go on working.')).toBeVisible();
    expect(within(dialog).getByText('https://login.example.com')).toBeVisible();
    expect(within(dialog).getByText('Company sign-in')).toBeVisible();
    await user.click(within(dialog).getByRole('button', { name: 'Change to Basic' }));
    await waitFor(() => expect(changed).toEqual({ plan: 'basic' }));
  });
});

describe('privacy', () => {
  it('sets how long things are kept, and warns of what is lost', async () => {
    const sent: unknown[] = [];
    server.use(
      http.patch(url('/v1/tenant'), async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json({ ...aTenant(), recording_days: 30 });
      }),
    );
    const { user } = showApp('/settings/privacy', aSession());
    const days = await screen.findByLabelText('Recordings');
    await user.clear(days);
    await user.type(days, 'a month');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(days).toBeInvalid();
    await user.clear(days);
    await user.type(days, '30');
    expect(screen.getByText(/is deleted within a day/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Saved.')).toBeVisible();
    expect(sent).toEqual([{ recording_days: 30 }]);
  });

  it('erases the company only once its name is typed', async () => {
    let sent: unknown;
    server.use(
      http.post(url('/v1/privacy/erasures'), async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({}, { status: 202 });
      }),
    );
    const { user } = showApp('/settings/privacy', aSession());
    await user.click(await screen.findByRole('button', { name: 'Erase data' }));
    const dialog = await screen.findByRole('dialog', { name: 'Erase data' });
    await user.click(within(dialog).getByRole('radio', { name: 'The whole company' }));
    const submit = within(dialog).getByRole('button', { name: 'Erase it' });
    expect(submit).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Type “Acme Dental” to be sure'), 'Acme Dental');
    await user.click(submit);
    await waitFor(() => expect(sent).toEqual({ subject: 'tenant', confirm: 'Acme Dental' }));
  });
});

describe('outbound calls that were stopped', () => {
  it('are told with the reason, and let on again', async () => {
    let lifted = false;
    const stop = { stopped_at: '2026-11-21T08:00:00.000Z', reason: 'short_calls', figure: 0.82, usual: 0.1 };
    server.use(
      http.get(url('/v1/tenant'), () =>
        HttpResponse.json({ ...aTenant(), outbound_stop: lifted ? null : stop }),
      ),
      http.post(url('/v1/tenant/outbound/resume'), () => {
        lifted = true;
        return HttpResponse.json(aTenant());
      }),
    );
    const { user } = showApp('/settings/policies', aSession());
    expect(await screen.findByText(/82 % of the calls were over within seconds/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Let them ring again' }));
    const question = await screen.findByRole('dialog', { name: 'Let agents ring again?' });
    await user.click(within(question).getByRole('button', { name: 'Let them ring again' }));
    await waitFor(() => expect(screen.queryByText(/No agent rings anybody/)).not.toBeInTheDocument());
  });
});
