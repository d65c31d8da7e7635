// What one's own sign-in rests on: an account elsewhere that is given up, and recovery codes that are made anew.
import { codeOf } from '../product/authenticator.ts';
import { Api, newCompany, password } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { programs, run } from '../product/process.ts';

test.describe.configure({ timeout: 300_000 });

test('an account at the company sign-in is connected, seen and given up', async ({ place, browsers, allow }) => {
  // The page of the provider has no picture of its own.
  allow(/favicon\.ico/);
  const company = await newCompany(place, 'Ortiz Dental');
  const operator = ['--operator', 'maria', '--reason', 'agreed by contract', '--tenant', company.id];
  await run(programs.phony, ['admin', 'change-plan', ...operator, '--plan', 'enterprise'], place.environment, '');
  const issuer = `${place.simulator}/oidc`;
  const connection = { issuer, client_id: 'phony', client_secret: 'our-secret', domains: [], enforced: false };
  await new Api(place, company.token).good('PUT', '/v1/sso_connection', connection);

  const page = await asAdmin(browsers, company, '/settings/security');
  await expect(page.getByText('No account is connected.')).toBeVisible();
  await page.getByRole('button', { name: 'Connect it' }).click();
  await page.getByLabel('E-mail address').fill('ana@private.example');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('No account is connected.')).toHaveCount(0, { timeout: 60_000 });
  const accounts = page.getByRole('table', { name: 'Your account at the company sign-in' });
  await expect(accounts.getByRole('row')).toHaveCount(2);
  await expect(accounts).toContainText(new URL(issuer).host);
  await accounts.getByRole('button', { name: /^Disconnect/ }).click();
  const question = page.getByRole('dialog', { name: /^Disconnect/ });
  await expect(question).toContainText('It lets you in no more');
  await question.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByText('No account is connected.')).toBeVisible();
  await page.reload();
  await expect(page.getByText('No account is connected.'), 'for good').toBeVisible();
});

test('recovery codes are made anew: an old one is refused, a new one lets in', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  const api = new Api(place, company.token);
  const { secret } = await api.good<{ secret: string }>('POST', '/v1/auth/totp/enrol');
  const first = await api.good<{ recovery_codes: string[] }>('POST', '/v1/auth/totp/confirm', { code: codeOf(secret) });
  const door = async (code: string) => {
    const page = await (await browsers.stranger()).newPage();
    await page.goto('/dashboard/login');
    await page.getByLabel('E-mail').fill(company.admin.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('Code', { exact: true }).fill(code);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    return page;
  };
  allow(/status of (401|404)/);
  const page = await door(first.recovery_codes[0] ?? '');
  await expect(page.getByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
  await page.goto('/dashboard/settings/security');
  await expect(page.getByText('9 recovery codes are left.')).toBeVisible();
  await page.getByRole('button', { name: 'New recovery codes' }).click();
  await page.getByRole('dialog', { name: 'Make new recovery codes?' }).getByRole('button', { name: 'Make new codes' }).click();
  const shown = page.getByRole('dialog', { name: 'Recovery codes' });
  await expect(shown.getByRole('listitem')).toHaveCount(10);
  const fresh = (await shown.getByRole('listitem').first().textContent())?.trim() ?? '';
  await shown.getByRole('button', { name: 'I stored them' }).click();
  await expect(page.getByText('10 recovery codes are left.')).toBeVisible();

  const refused = await door(first.recovery_codes[1] ?? '');
  await expect(refused.getByLabel('Code', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await refused.getByLabel('Code', { exact: true }).fill(fresh);
  await refused.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(refused.getByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
  await page.reload();
  await expect(page.getByText('9 recovery codes are left.')).toBeVisible();
});
