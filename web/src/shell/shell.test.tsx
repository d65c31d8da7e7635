import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { menuFor, pages, scopes } from '@/lib/permissions';
import { preferences } from '@/lib/preferences';
import { adminPermissions, aSession, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';

const viewer = aSession({ role: 'viewer', permissions: viewerPermissions });

describe('the menu', () => {
  it('holds the pages that a role can open, and no others', () => {
    expect(menuFor(adminPermissions).map((page) => page.id)).toEqual(pages.map((page) => page.id));
    expect(menuFor(viewerPermissions).map((page) => page.id)).toEqual([
      'live',
      'calls',
      'numbers',
      'personalities',
      'billing',
    ]);
    expect(menuFor([])).toEqual([]);
  });

  it('has a key of its own for every page', () => {
    expect(new Set(pages.map((page) => page.key)).size).toBe(pages.length);
    expect(new Set(scopes).size).toBe(scopes.length);
  });

  it('is shown to a viewer without the administration', async () => {
    showApp('/calls', viewer);
    const menu = await screen.findByRole('navigation', { name: 'Pages' });
    expect(within(menu).getByRole('link', { name: 'Usage' })).toBeVisible();
    expect(within(menu).queryByRole('link', { name: 'API keys' })).not.toBeInTheDocument();
  });
});

describe('a page that a role may not open', () => {
  it('says what it needs and who can help', async () => {
    showApp('/keys', viewer);
    expect(
      await screen.findByRole('heading', { level: 2, name: /does not include this page/ }),
    ).toBeVisible();
    expect(screen.getByText(/admin of Acme Dental can help/)).toBeVisible();
  });
});

describe('an address that is none', () => {
  it('is told, with a way out', async () => {
    showApp('/nowhere', aSession());
    expect(await screen.findByRole('heading', { level: 2, name: 'There is no such page' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Go to the start' })).toBeVisible();
  });
});

describe('old links', () => {
  it('open the console of the call', async () => {
    const { router } = showApp('/index.html?callSid=CA123', null);
    await screen.findByRole('heading', { level: 1, name: 'Sign in' });
    expect(router.state.location.search).toEqual({ next: '/live/CA123' });
  });
});

describe('keys', () => {
  it('go to pages, outside of fields only', async () => {
    const { user, router } = showApp('/calls', aSession());
    await screen.findByRole('heading', { level: 1, name: 'Calls' });
    await user.keyboard('gn');
    await screen.findByRole('heading', { level: 1, name: 'Numbers' });
    await user.keyboard('gp');
    const filter = await screen.findByLabelText('Filter personalities').catch(() => null);
    expect(router.state.location.pathname).toBe('/personalities');
    expect(filter).not.toBeNull();
    if (filter) await user.type(filter, 'gl');
    expect(router.state.location.pathname).toBe('/personalities');
  });

  it('can be switched off', async () => {
    preferences.setState({ keys: false });
    const { user, router } = showApp('/calls', aSession());
    await screen.findByRole('heading', { level: 1, name: 'Calls' });
    await user.keyboard('gn');
    expect(router.state.location.pathname).toBe('/calls');
    preferences.setState({ keys: true });
  });

  it('are listed', async () => {
    const { user } = showApp('/calls', aSession());
    await screen.findByRole('heading', { level: 1, name: 'Calls' });
    await user.keyboard('?');
    const list = await screen.findByRole('dialog', { name: 'Keyboard' });
    expect(within(list).getByText('Go to Numbers')).toBeVisible();
  });
});
