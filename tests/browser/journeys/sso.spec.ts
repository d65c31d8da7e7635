// A company's own sign-in: set up, its domain proven, used, and in the end the only way in.
import { addMember, newCompany, password } from '../product/company.ts';
import { asAdmin, expect } from '../product/fixtures.ts';
import { Provider } from '../product/oidc.ts';
import { test } from '../product/own.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 120_000 });

test('people of a company come in by its own provider', async ({ product, place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  await product.sql(`UPDATE phony.tenants SET plan = 'enterprise' WHERE id = '${company.id.replace('ten_', '')}'`);
  const ben = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const domain = ben.email.split('@')[1] ?? '';
  const claims = (name: string, email: string) => ({ sub: `sub of ${name}`, email, email_verified: true, name });
  const provider = await Provider.start('phony', 'our-secret', [
    claims('Ben Okafor', ben.email),
    claims('Ana Ortiz', company.admin.email),
    claims('Eve Stranger', `eve@${domain}`),
  ]);
  try {
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
    await admin.getByLabel('Issuer').fill(provider.issuer);
    await save.click();
    await expect(admin.getByText('not proven yet')).toBeVisible();
    await stop(admin, 'sso-unproven', admin.getByRole('heading', { name: 'Company sign-in', exact: true }));
    // The record in the DNS is found.
    await product.sql(`UPDATE phony.sso_domains SET verified_at = now() WHERE domain = '${domain}'`);
    await admin.reload();
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
    await page.getByRole('link', { name: 'Ben Okafor' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('heading', { level: 1, name: 'Live' }), 'the session lasts').toBeVisible();

    const stranger = await door();
    await stranger.getByLabel('E-mail').fill(`eve@${domain}`);
    await stranger.getByRole('button', { name: 'Go there' }).click();
    await stranger.getByRole('link', { name: 'Eve Stranger' }).click();
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
    await refused.getByRole('link', { name: 'No', exact: true }).click();
    await expect(refused.getByText(/did not let you in/)).toBeVisible();
  } finally {
    await provider.stop();
  }
});
