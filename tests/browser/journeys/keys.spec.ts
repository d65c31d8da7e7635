// An API key from its making to its end.
import { newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';

test('a key is made, shown once, used by a program, and revoked', async ({ place, browsers }) => {
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

  const row = page.getByRole('row', { name: /Booking system/ });
  await expect(row).toContainText('Active');
  await expect(row).toContainText('numbers:read');
  await page.reload();
  await expect(row).toBeVisible();
  expect(await page.content(), 'the secret is not shown again').not.toContain(key);

  const ask = (path: string) => fetch(`${place.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  expect((await ask('/v1/numbers')).status).toBe(200);
  const outside = await ask('/v1/usage?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z');
  expect(outside.status, 'a scope it does not have').toBe(403);

  await row.getByRole('button', { name: 'Revoke Booking system' }).click();
  const question = page.getByRole('dialog', { name: 'Revoke “Booking system”?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(row).toContainText('Active');
  await row.getByRole('button', { name: 'Revoke Booking system' }).click();
  await question.getByRole('button', { name: 'Revoke the key' }).click();
  await expect(row).toContainText('Revoked');
  await expect(row.getByRole('button')).toHaveCount(0);
  expect((await ask('/v1/numbers')).status).toBe(401);
});
