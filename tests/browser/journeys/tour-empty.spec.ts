// The tour, first part: doors, a company without anything, and what goes wrong.
import { addMember, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });

test('the doors', async ({ browsers, allow }) => {
  const page = await (await browsers.stranger()).newPage();
  await page.goto('/dashboard/login');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await stop(page, 'login');
  allow(/status of 401/);
  await page.getByLabel('E-mail').fill('nobody@people.example');
  await page.getByLabel('Password').fill('not a password at all');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await stop(page, 'login-refused');
  await page.getByRole('link', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign up' })).toBeVisible();
  await stop(page, 'signup');
  await page.getByLabel('E-mail').fill('ana');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByText('This is needed.').first()).toBeVisible();
  await stop(page, 'signup-faults');
});

test('a company without anything', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  const page = await asAdmin(browsers, company, '/welcome');
  await expect(page.getByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
  await stop(page, 'welcome');
  const empty = {
    live: 'No line is open',
    calls: 'No call yet',
    numbers: 'No number yet',
    billing: 'Nothing was used in this period',
    keys: 'No API key yet',
  };
  for (const [path, words] of Object.entries(empty)) {
    await page.goto(`/dashboard/${path}`);
    await expect(page.getByRole('heading', { name: words })).toBeVisible();
    await stop(page, `${path}-empty`);
  }
  await page.goto('/dashboard/settings');
  await expect(page.getByText('Limits of the plan')).toBeVisible();
  await stop(page, 'settings');
  await page.goto('/dashboard/personalities');
  await expect(page.getByRole('link', { name: 'Friendly Helper' })).toBeVisible();
  await stop(page, 'personalities');
});

test('what goes wrong', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  const viewer = await addMember(place, company, 'viewer', 'Vera Low');
  const theirs = await browsers.person(viewer, '/keys');
  await expect(theirs.getByText('Needs the permission key.read')).toBeVisible();
  await stop(theirs, 'forbidden');

  for (const [path, needs] of [['audit', 'audit.read'], ['settings/plan', 'plan.read'], ['members', 'member.read'], ['settings/privacy', 'privacy.read'], ['settings/providers', 'provider_credential.read']] as const) {
    await theirs.goto(`/dashboard/${path}`);
    await expect(theirs.getByText(`Needs the permission ${needs}`)).toBeVisible();
  }
  await stop(theirs, 'settings-forbidden');

  await theirs.goto('/dashboard/personalities');
  await theirs.getByRole('link', { name: 'Friendly Helper' }).click();
  await expect(theirs.getByRole('region', { name: 'What Realtime makes of it' })).toBeVisible();
  await expect(theirs.getByRole('button', { name: /Edit|Go to/ })).toHaveCount(0);
  await stop(theirs, 'personality-viewer', theirs.getByRole('heading', { name: 'What each engine makes of it' }));

  const page = await asAdmin(browsers, company, '/nowhere');
  await expect(page.getByRole('heading', { level: 2, name: 'There is no such page' })).toBeVisible();
  await stop(page, 'not-found');
  allow(/status of 404/);
  await page.goto('/dashboard/calls/call_00000000000070008000000000000000');
  await expect(page.getByText('There is no such thing here')).toBeVisible();
  await stop(page, 'call-missing');

  // The pages are in the browser, their data is not.
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Calls' }).click();
  await expect(page.getByText('No call yet')).toBeVisible();
  allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/);
  await page.context().setOffline(true);
  await expect(page.getByRole('status').filter({ hasText: 'Offline: showing' })).toBeVisible();
  await page.getByLabel('Status').selectOption('Ended');
  await expect(page.getByText('The server cannot be reached. Check the connection.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await stop(page, 'error-offline');
  await page.context().setOffline(false);
  // Nobody has to press anything once the connection is back.
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Offline' })).toHaveCount(0);
});
