// Getting in, staying in, getting out.
import { newCompany, password } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { mailTo, pathOf } from '../product/mails.ts';
import { stop } from '../product/tour.ts';

test('a wrong password is told, the right one leads back to where one wanted to go', async ({
  place,
  browsers,
  allow,
}) => {
  const company = await newCompany(place, 'Return Path');
  const page = await (await browsers.stranger()).newPage();
  await page.goto('/dashboard/billing?range=week');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();

  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('This is needed.')).toHaveCount(2);

  allow(/status of 401 .*\/v1\/auth\/login/);
  await page.getByLabel('E-mail').fill(company.admin.email);
  await page.getByLabel('Password').fill('not the password at all');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('E-mail')).toHaveValue(company.admin.email);

  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Usage' })).toBeVisible();
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/dashboard/billing?range=week');
});

test('a return path that leads elsewhere is not followed', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Elsewhere');
  for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    const page = await (await browsers.stranger()).newPage();
    await page.goto(`/dashboard/login?next=${encodeURIComponent(next)}`);
    await page.getByLabel('E-mail').fill(company.admin.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(place.url);
  }
});

test('a session survives a reload and keeps nothing secret in the browser', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Reload');
  const page = await asAdmin(browsers, company, '/calls');
  await expect(page.getByRole('heading', { level: 1, name: 'Calls' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Calls' })).toBeVisible();
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored).not.toMatch(/eyJ|access_token/);
  const visible = await page.evaluate(() => document.cookie);
  expect(visible, 'the refresh cookie is out of reach of scripts').toBe('');
});

test('signing out in one tab signs out the other', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Two Tabs');
  const first = await asAdmin(browsers, company, '/calls');
  await expect(first.getByRole('heading', { level: 1, name: 'Calls' })).toBeVisible();
  const second = await first.context().newPage();
  await second.goto('/dashboard/numbers');
  await expect(second.getByRole('heading', { level: 1, name: 'Numbers' })).toBeVisible();

  const gone = second.waitForResponse(/\/v1\/auth\/logout/);
  await second.getByRole('button', { name: 'Sign out' }).click();
  for (const tab of [second, first]) {
    await expect(tab.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  }
  expect((await gone).status()).toBe(204);
  await first.goto('/dashboard/calls');
  await expect(first.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  const refused = await first.context().request.post('/v1/auth/refresh');
  expect(refused.ok(), 'the cookie is worth nothing any more').toBe(false);
});

test('what sign-up refuses is told at its field; an address that is known is told to whoever has its mail only', async ({
  place,
  browsers,
  allow,
}) => {
  const company = await newCompany(place, 'Known Address');
  const page = await (await browsers.stranger()).newPage();
  await page.goto('/dashboard/signup');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByText('This is needed.').first()).toBeVisible();
  await expect(page.getByLabel('Company')).toBeFocused();
  await page.getByLabel('Company').fill('Second');
  await page.getByLabel('Your name').fill('Ana');
  await page.getByLabel('E-mail').fill(company.admin.email);
  await page.getByLabel('Password').fill('short');
  await expect(page.getByText('7 more characters needed')).toBeVisible();
  await page.getByLabel('Password').fill('some other long password');
  await page.getByRole('button', { name: 'Make the account' }).click();
  // Like anybody's, whose address nobody has ever heard of.
  await expect(page.getByRole('heading', { level: 1, name: 'Welcome, Ana' })).toBeVisible();
  await expect(page.getByText(`Please confirm ${company.admin.email}`)).toBeVisible();
  await expect(page.getByText('Known Address')).toHaveCount(0);

  await page.goto(pathOf(await mailTo(place, company.admin.email, /Is Second yours, too/)));
  await page.getByRole('button', { name: 'Confirm the address' }).click();
  await expect(page.getByText(/Second is beside its other companies now/)).toBeVisible();
  await stop(page, 'verify-joined');
  // The password of the sign-up lets nobody in, that of the account does, and both companies are there.
  allow(/status of 401/);
  const door = await (await browsers.stranger()).newPage();
  await door.goto('/dashboard/login');
  await door.getByLabel('E-mail').fill(company.admin.email);
  await door.getByLabel('Password').fill('some other long password');
  await door.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(door.getByRole('alert')).toBeVisible();
  await door.getByLabel('Password').fill(password);
  await door.getByRole('button', { name: 'Sign in', exact: true }).click();
  await door.getByRole('button', { name: /^Company: / }).click();
  const companies = door.getByRole('dialog', { name: 'Your companies' });
  for (const name of ['Known Address', 'Second']) {
    await expect(companies.getByText(name, { exact: true }).first()).toBeVisible();
  }
});
