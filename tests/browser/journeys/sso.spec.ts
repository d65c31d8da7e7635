// A company's own sign-in: set up, its domain proven, used, and in the end the only way in.
import type { Page } from '@playwright/test';
import { addMember, newCompany, password } from '../product/company.ts';
import { asAdmin, expect } from '../product/fixtures.ts';
import { test } from '../product/own.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });

/** On the page of the provider. */
async function enter(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('people of a company come in by its own provider', async ({ product, place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  await product.sql(`UPDATE phony.tenants SET plan = 'enterprise' WHERE id = '${company.id.replace('ten_', '')}'`);
  const ben = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const domain = ben.email.split('@')[1] ?? '';
  const issuer = `${place.simulator}/oidc`;
  allow(/status of (401|403|404|409|422)/);
  const admin = await asAdmin(browsers, company, '/settings/security');
  await expect(admin.getByRole('heading', { name: 'Company sign-in', exact: true })).toBeVisible();
  await stop(admin, 'sso-none', admin.getByRole('heading', { name: 'Company sign-in', exact: true }));
  await admin.getByLabel('Issuer').fill('http://login.example.com');
  await admin.getByLabel('Client id').fill('phony');
  await admin.getByLabel('Client secret').fill('our-secret');
  await admin.getByLabel('Domains', { exact: true }).fill(domain);
  const save = admin.locator('form').filter({ has: admin.getByLabel('Issuer') }).getByRole('button', { name: 'Save' });
  await save.click();
  await expect(admin.getByLabel('Issuer')).toHaveAttribute('aria-invalid', 'true');
  await admin.getByLabel('Issuer').fill(issuer);
  await save.click();
  await expect(admin.getByText('not proven yet')).toBeVisible();
  await stop(admin, 'sso-unproven', admin.getByRole('heading', { name: 'Company sign-in', exact: true }));
  const name = await admin.getByLabel(`Name of the TXT record of ${domain}`).inputValue();
  const value = await admin.getByLabel(`Value of the TXT record of ${domain}`).inputValue();
  const record = { method: 'PUT', headers: { 'content-type': 'application/json' } };
  await fetch(`${place.simulator}/sim/dns`, { ...record, body: JSON.stringify({ name, texts: ['other', value] }) });
  await admin.getByRole('button', { name: 'Look for the records now' }).click();
  await expect(admin.getByText(/^proven/)).toBeVisible();

  const door = async () => {
    const page = await (await browsers.stranger()).newPage();
    await page.goto('/dashboard/login');
    await page.getByRole('button', { name: 'Sign in with your company' }).click();
    return page;
  };
  const page = await door();
  await stop(page, 'login-sso');
  await page.getByLabel('E-mail').fill('somebody@nowhere.example');
  await page.getByRole('button', { name: 'Go there' }).click();
  await expect(page.getByText(/No company with a sign-in page of its own/)).toBeVisible();
  await stop(page, 'sso-refused');
  await page.getByRole('link', { name: 'Back to sign-in' }).click();
  await page.getByRole('button', { name: 'Sign in with your company' }).click();
  await page.getByLabel('E-mail').fill(ben.email);
  await page.getByRole('button', { name: 'Go there' }).click();
  await enter(page, ben.email);
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Live' }), 'the session lasts').toBeVisible();

  const stranger = await door();
  await stranger.getByLabel('E-mail').fill(`eve@${domain}`);
  await stranger.getByRole('button', { name: 'Go there' }).click();
  await enter(stranger, `eve@${domain}`);
  await expect(stranger.getByText(/There is no account here for you/)).toBeVisible();

  // From now on passwords are refused.
  await admin.reload();
  await admin.getByLabel('Passwords are refused').check();
  await save.click();
  await expect(admin.getByLabel('Passwords are refused')).toBeChecked();
  const refused = await (await browsers.stranger()).newPage();
  await refused.goto('/dashboard/login');
  await refused.getByLabel('E-mail').fill(ben.email);
  await refused.getByLabel('Password').fill(password);
  await refused.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(refused.getByText('Your company has its own sign-in page.')).toBeVisible();
  await refused.getByRole('button', { name: 'Go there' }).click();
  await refused.getByRole('button', { name: 'Cancel' }).click();
  await expect(refused.getByText(/did not let you in/)).toBeVisible();
});
