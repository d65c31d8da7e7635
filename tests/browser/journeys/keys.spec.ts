// An API key from its making to its end.
import { newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';

test('a key is made, shown once, used by a program, rotated, and revoked', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Keyring');
  const page = await asAdmin(browsers, company, '/keys');
  await expect(page.getByText('No API key yet')).toBeVisible();
  await page.getByRole('button', { name: 'Create a key' }).first().click();
  const drawer = page.getByRole('dialog', { name: 'Create an API key' });
  await drawer.getByRole('button', { name: 'Create the key' }).click();
  await expect(drawer.getByText('Choose at least one.')).toBeVisible();
  await drawer.getByLabel('Name').fill('Booking system');
  await drawer.getByRole('checkbox', { name: /numbers:read/ }).check();
  await drawer.getByLabel('It stops working').selectOption({ label: 'after 30 days' });
  await drawer.getByRole('button', { name: 'Create the key' }).click();

  const shown = page.getByRole('dialog', { name: 'Your new key' });
  const key = await shown.getByLabel('API key').inputValue();
  expect(key).toMatch(/^ph_[a-z]+_\S{20,}$/);
  await page.keyboard.press('Escape');
  await expect(shown, 'it is not lost by accident').toBeVisible();
  await shown.getByRole('button', { name: 'I stored it' }).click();

  const rows = page.getByRole('row', { name: /Booking system/ });
  const row = rows.first();
  await expect(row).toContainText('Active');
  await expect(row).toContainText('numbers:read');
  await page.reload();
  await expect(row).toBeVisible();
  expect(await page.content(), 'the secret is not shown again').not.toContain(key);

  const ask = (path: string, by = key) =>
    fetch(`${place.url}${path}`, { headers: { authorization: `Bearer ${by}` } });
  expect((await ask('/v1/numbers')).status).toBe(200);
  const outside = await ask('/v1/usage?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z');
  expect(outside.status, 'a scope it does not have').toBe(403);

  // Another key takes its place; for the overlap both work.
  await row.getByRole('button', { name: 'Rotate Booking system' }).click();
  const rotate = page.getByRole('dialog', { name: 'Put another key in the place of “Booking system”?' });
  await rotate.getByLabel('The old key goes on').selectOption({ label: 'for 1 hour' });
  await rotate.getByRole('button', { name: 'Make the new key' }).click();
  const second = await shown.getByLabel('API key').inputValue();
  expect(second).not.toBe(key);
  await shown.getByRole('button', { name: 'I stored it' }).click();
  await expect(rows).toHaveCount(2);
  const old = rows.filter({ hasText: 'Replaced' });
  await expect(old).toContainText(/stops in (59:\d\d|1:00:00)/);
  for (const each of [key, second]) expect((await ask('/v1/numbers', each)).status).toBe(200);
  await old.getByRole('button', { name: 'Revoke Booking system' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke the key' }).click();
  await expect(rows.filter({ hasText: 'Revoked' })).toHaveCount(1);
  expect((await ask('/v1/numbers', key)).status).toBe(401);
  expect((await ask('/v1/numbers', second)).status).toBe(200);

  const live = rows.filter({ hasText: 'Active' });
  await live.getByRole('button', { name: 'Revoke Booking system' }).click();
  const question = page.getByRole('dialog', { name: 'Revoke “Booking system”?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(live).toHaveCount(1);
  await live.getByRole('button', { name: 'Revoke Booking system' }).click();
  await question.getByRole('button', { name: 'Revoke the key' }).click();
  await expect(rows.filter({ hasText: 'Revoked' })).toHaveCount(2);
  await expect(rows.getByRole('button')).toHaveCount(0);
  expect((await ask('/v1/numbers', second)).status).toBe(401);
});

test('a key for tests, from one network only', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Sandbox');
  const page = await asAdmin(browsers, company, '/keys');
  const make = async (name: string, networks: string) => {
    await page.getByRole('button', { name: 'Create a key' }).first().click();
    const drawer = page.getByRole('dialog', { name: 'Create an API key' });
    await drawer.getByLabel('Name').fill(name);
    await drawer.getByText('Test', { exact: true }).click();
    await drawer.getByRole('checkbox', { name: /numbers:read/ }).check();
    await drawer.getByLabel(/Only from these networks/).fill(networks);
    await drawer.getByRole('button', { name: 'Create the key' }).click();
    return drawer;
  };
  allow(/status of 422/);
  const drawer = await make('Sandbox', 'somewhere');
  await expect(drawer.getByLabel(/Only from these networks/)).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Escape');
  const ask = async (name: string, networks: string) => {
    await make(name, networks);
    const shown = page.getByRole('dialog', { name: 'Your new key' });
    const key = await shown.getByLabel('API key').inputValue();
    await shown.getByRole('button', { name: 'I stored it' }).click();
    expect(key).toMatch(/^ph_test_/);
    return fetch(`${place.url}/v1/numbers`, { headers: { authorization: `Bearer ${key}` } });
  };
  expect((await ask('Here', '127.0.0.0/8, ::1/128')).status).toBe(200);
  expect((await ask('Elsewhere', '198.51.100.0/24')).status).toBe(403);
  await expect(page.getByRole('row', { name: /Elsewhere.*Test.*198\.51\.100\.0\/24/ })).toBeVisible();
});
