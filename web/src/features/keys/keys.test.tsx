import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aKey, aSession, listOf } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { byUse, stateOf } from './model';

const secret = 'ph_live_0123456789ABCDEFGHIJKLMNOPQRSTUV2ayTCS';

describe('API keys', () => {
  it('asks for a name and a scope', async () => {
    const { user } = showApp('/keys', aSession());
    await user.click((await screen.findAllByRole('button', { name: 'Create a key' }))[0] as HTMLElement);
    const dialog = await screen.findByRole('dialog', { name: 'Create an API key' });
    await user.click(within(dialog).getByRole('button', { name: 'Create the key' }));
    expect(within(dialog).getByLabelText('Name')).toHaveAccessibleDescription(/This is needed/);
    expect(within(dialog).getByRole('alert')).toHaveTextContent('Choose at least one.');
    expect(within(dialog).getByLabelText('Name'), 'which may be out of sight').toHaveFocus();
    await user.keyboard('CRM');
    await user.click(within(dialog).getByRole('button', { name: 'Create the key' }));
    expect(within(dialog).getByLabelText('calls:read')).toHaveFocus();
  });

  it('shows the secret once, and never again', async () => {
    const made = aKey({ id: 'key_2', name: 'CRM' });
    let keys = [aKey()];
    server.use(
      http.get(url('/v1/api_keys'), () => HttpResponse.json(listOf(keys))),
      http.post(url('/v1/api_keys'), () => {
        keys = [...keys, made];
        return HttpResponse.json({ ...made, key: secret }, { status: 201 });
      }),
    );
    const { user } = showApp('/keys', aSession());
    await user.click(await screen.findByRole('button', { name: 'Create a key' }));
    const form = await screen.findByRole('dialog');
    await user.type(within(form).getByLabelText('Name'), 'CRM');
    await user.click(within(form).getByLabelText('calls:read'));
    await user.click(within(form).getByRole('button', { name: 'Create the key' }));
    const shown = await screen.findByRole('dialog', { name: 'Your new key' });
    expect(within(shown).getByLabelText('API key')).toHaveValue(secret);
    await user.keyboard('{Escape}');
    expect(within(shown).getByLabelText('API key')).toBeVisible();
    await user.click(within(shown).getByRole('button', { name: 'I stored it' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(await screen.findByText('CRM')).toBeVisible();
    expect(document.body).not.toHaveTextContent(secret);
  });

  it('asks before it revokes', async () => {
    let revoked = false;
    server.use(
      http.get(url('/v1/api_keys'), () =>
        HttpResponse.json(listOf([aKey({ status: revoked ? 'revoked' : 'active' })])),
      ),
      http.delete(url('/v1/api_keys/key_1'), () => {
        revoked = true;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/keys', aSession());
    await user.click(await screen.findByRole('button', { name: 'Revoke Booking system' }));
    await user.click(await screen.findByRole('button', { name: 'Revoke the key' }));
    expect(await screen.findByText('Revoked')).toBeVisible();
  });
});

describe('a key that may do much', () => {
  it('shows the first scopes, and the others when asked', async () => {
    const scopes = [
      'calls:read',
      'calls:write',
      'numbers:read',
      'numbers:write',
      'usage:read',
      'audit:read',
    ] as const;
    server.use(
      http.get(url('/v1/api_keys'), () => HttpResponse.json(listOf([aKey({ scopes: [...scopes] })]))),
    );
    const { user } = showApp('/keys', aSession());
    const more = await screen.findByRole('button', { name: 'and 2 more scopes of Booking system' });
    expect(more).toHaveTextContent('and 2 more');
    expect(screen.queryByText('audit:read')).not.toBeInTheDocument();
    await user.click(more);
    expect(screen.getByText('audit:read')).toBeVisible();
    expect(more).toHaveAttribute('aria-expanded', 'true');
  });
});

describe('keys that are over', () => {
  it('stand below those that work', () => {
    const keys = [
      { id: 1, status: 'revoked' },
      { id: 2, status: 'active' },
      { id: 3, status: 'expired' },
      { id: 4, status: 'active' },
    ] as const;
    expect(byUse(keys).map(({ id }) => id)).toEqual([2, 4, 1, 3]);
  });
});

describe('the state of a key', () => {
  it('warns two weeks before the end', () => {
    const now = Date.parse('2026-11-21T00:00:00Z');
    expect(stateOf({ status: 'active', expires_at: null, rotated_at: null }, now)).toBe('active');
    expect(stateOf({ status: 'active', expires_at: '2026-11-30T00:00:00Z', rotated_at: null }, now)).toBe(
      'expiring',
    );
    const rotated_at = '2026-11-20T23:00:00Z';
    expect(stateOf({ status: 'active', expires_at: '2026-11-21T01:00:00Z', rotated_at }, now)).toBe(
      'replaced',
    );
    expect(stateOf({ status: 'revoked', expires_at: null, rotated_at: null }, now)).toBe('revoked');
  });
});
