// Somebody is invited, joins, gets a second factor, and has another role from one moment to the next.
import { codeOf } from '../product/authenticator.ts';
import { addMember, freshEmail, newCompany, password } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { mailTo, pathOf } from '../product/mails.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });

test('invited, joined, protected by a second factor, and given another role at once', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  const email = freshEmail('Ben Okafor');
  const admin = await asAdmin(browsers, company, '/members');
  await expect(admin.getByText('No invitation is open.')).toBeVisible();
  await expect(admin.getByText('The last admin: somebody else must become one first.')).toBeVisible();
  await stop(admin, 'members-alone');
  await admin.getByRole('button', { name: 'Invite somebody' }).click();
  const dialog = admin.getByRole('dialog', { name: 'Invite somebody' });
  allow(/status of 422/);
  await dialog.getByLabel('E-mail').fill('ben');
  await dialog.getByRole('button', { name: 'Send the invitation' }).click();
  await expect(dialog.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('E-mail').fill(email);
  await stop(admin, 'member-invite');
  await dialog.getByRole('button', { name: 'Send the invitation' }).click();
  await expect(admin.getByText(`A mail is on its way to ${email}.`)).toBeVisible();
  await expect(admin.getByRole('row', { name: new RegExp(email) })).toContainText('Supervisor');

  const ben = await (await browsers.stranger()).newPage();
  await ben.goto(pathOf(await mailTo(place, email, /invites you/)));
  await expect(ben.getByRole('heading', { level: 1, name: 'Join Ortiz Dental' })).toBeVisible();
  await expect(ben.getByText(/Ana Ortiz asks you to join as Supervisor/)).toBeVisible();
  await stop(ben, 'invite');
  await ben.getByLabel('Your name').fill('Ben Okafor');
  await ben.getByLabel('Password').fill(password);
  await ben.getByRole('button', { name: 'Join' }).click();
  await expect(ben.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  const menu = ben.getByRole('navigation', { name: 'Pages' });
  await expect(menu.getByRole('link', { name: 'API keys' })).toHaveCount(0);

  await ben.goto('/dashboard/settings/security');
  await ben.getByRole('button', { name: 'Set it up' }).click();
  const scan = ben.getByRole('dialog', { name: 'Set up a second factor' });
  await expect(scan.getByRole('img', { name: 'The secret as a QR code' })).toBeVisible();
  await stop(ben, 'totp-scan');
  const secret = await scan.getByLabel('Secret', { exact: true }).inputValue();
  await scan.getByLabel('Code', { exact: true }).fill('000000');
  await scan.getByRole('button', { name: 'Confirm the code' }).click();
  await expect(scan.getByLabel('Code', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await scan.getByLabel('Code', { exact: true }).fill(codeOf(secret));
  await scan.getByRole('button', { name: 'Confirm the code' }).click();
  const codes = ben.getByRole('dialog', { name: 'Recovery codes' });
  await expect(codes.getByRole('listitem')).toHaveCount(10);
  const recovery = (await codes.getByRole('listitem').first().textContent())?.trim() ?? '';
  await stop(ben, 'totp-codes');
  await codes.getByRole('button', { name: 'I stored them' }).click();
  await expect(ben.getByText('Signing in asks for a code of your authenticator.')).toBeVisible();
  await stop(ben, 'security');

  // Elsewhere the password alone does not let him in.
  allow(/status of 401/);
  const elsewhere = await (await browsers.stranger()).newPage();
  await elsewhere.goto('/dashboard/login');
  await elsewhere.getByLabel('E-mail').fill(email);
  await elsewhere.getByLabel('Password').fill(password);
  await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Second factor' })).toBeVisible();
  await stop(elsewhere, 'login-code');
  await elsewhere.getByLabel('Code', { exact: true }).fill('not-a-code');
  await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(elsewhere.getByLabel('Code', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await elsewhere.getByLabel('Code', { exact: true }).fill(recovery);
  await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();

  // Two places now; the first one ends the other.
  await ben.reload();
  await ben.getByRole('button', { name: /^Sign out .* at/ }).click();
  await ben.getByRole('dialog').getByRole('button', { name: 'Sign it out' }).click();
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible({ timeout: 60_000 });

  // His role changes under his eyes.
  await ben.goto('/dashboard/live');
  await expect(ben.getByText(/No line is open/)).toBeVisible();
  await admin.reload();
  await admin.getByRole('button', { name: 'Change role of Ben Okafor' }).click();
  const question = admin.getByRole('dialog', { name: 'Role of Ben Okafor' });
  await question.getByText('Viewer', { exact: true }).click();
  await expect(question.getByText('step into calls')).toBeVisible();
  await stop(admin, 'member-role');
  await question.getByText('Admin', { exact: true }).click();
  await question.getByRole('button', { name: 'Change the role' }).click();
  await expect(admin.getByRole('row', { name: /Ben Okafor/ })).toContainText('Admin');
  await expect(menu.getByRole('link', { name: 'API keys' }), 'without a reload').toBeVisible({ timeout: 60_000 });
  await stop(admin, 'members');

  await admin.getByRole('button', { name: 'Remove Ben Okafor' }).click();
  await stop(admin, 'member-remove');
  await admin.getByRole('dialog').getByRole('button', { name: 'Remove them' }).click();
  await expect(admin.getByRole('row', { name: /Ben Okafor/ })).toHaveCount(0);
  await expect(ben.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible({ timeout: 60_000 });
});

test('an address is confirmed, a password forgotten and found, two companies in one browser', async ({ place, browsers, allow }) => {
  const first = await newCompany(place, 'First Street', false);
  const second = await newCompany(place, 'Second Street');
  const page = await asAdmin(browsers, first, '/calls');
  await expect(page.getByText(`Please confirm ${first.admin.email}`)).toBeVisible();
  await stop(page, 'verify-strip');
  await page.goto(pathOf(await mailTo(place, first.admin.email, /Confirm/)));
  await stop(page, 'verify');
  await page.getByRole('button', { name: 'Confirm the address' }).click();
  await expect(page.getByText('The address is confirmed.')).toBeVisible();
  await page.getByRole('link', { name: 'Go on' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByText(/^Please confirm/)).toHaveCount(0);

  // The admin of the second company asks the one of the first to join.
  const other = await asAdmin(browsers, second, '/members');
  await other.getByRole('button', { name: 'Invite somebody' }).click();
  await other.getByRole('dialog').getByLabel('E-mail').fill(first.admin.email);
  await other.getByRole('dialog').getByRole('button', { name: 'Send the invitation' }).click();
  await page.goto(pathOf(await mailTo(place, first.admin.email, /invites you/)));
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  await page.getByRole('button', { name: /^Company: Second Street/ }).click();
  const companies = page.getByRole('dialog', { name: 'Your companies' });
  await expect(companies.getByText('First Street', { exact: true }).first()).toBeVisible();
  await stop(page, 'companies');
  await companies.getByRole('button', { name: 'Go to First Street' }).click();
  await expect(page.getByRole('button', { name: /^Company: First Street/ })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'API keys' })).toBeVisible();

  // The password is forgotten.
  const door = await (await browsers.stranger()).newPage();
  await door.goto('/dashboard/login');
  await door.getByRole('link', { name: 'Forgot the password?' }).click();
  await stop(door, 'forgot');
  await door.getByLabel('E-mail').fill(second.admin.email);
  await door.getByRole('button', { name: 'Send the link' }).click();
  await expect(door.getByText(/a mail is on its way/)).toBeVisible();
  await door.goto(pathOf(await mailTo(place, second.admin.email, /new password/)));
  await stop(door, 'reset');
  allow(/status of (401|403|422)/);
  await door.getByLabel('Password').fill('too short');
  await door.getByRole('button', { name: 'Set the password' }).click();
  await expect(door.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
  await door.getByLabel('Password').fill('another long sentence 7');
  await door.getByRole('button', { name: 'Set the password' }).click();
  await expect(door.getByText(/The password is changed/)).toBeVisible();
  await door.getByRole('link', { name: 'Sign in' }).click();
  await door.getByLabel('E-mail').fill(second.admin.email);
  await door.getByLabel('Password').fill('another long sentence 7');
  await door.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(door.getByRole('navigation', { name: 'Pages' })).toBeVisible();
  // Whoever sat there with the old one is out.
  await expect(other.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible({ timeout: 60_000 });
  await door.goto('/dashboard/reset');
  await expect(door.getByText(/This link is not whole/)).toBeVisible();
});

test('a company asks everybody for a second factor', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Strict');
  const supervisor = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const admin = await asAdmin(browsers, company, '/settings/security');
  const rule = admin.locator('section').filter({ has: admin.getByLabel('Everybody must') });
  allow(/status of (401|403|404|409)/);
  await rule.getByLabel('Everybody must').check();
  await rule.getByRole('button', { name: 'Save' }).click();
  await expect(rule.getByRole('alert'), 'not before the admin has one').toBeVisible();
  await admin.getByRole('button', { name: 'Set it up' }).click();
  const scan = admin.getByRole('dialog', { name: 'Set up a second factor' });
  const secret = await scan.getByLabel('Secret', { exact: true }).inputValue();
  await scan.getByLabel('Code', { exact: true }).fill(codeOf(secret));
  await scan.getByRole('button', { name: 'Confirm the code' }).click();
  await admin.getByRole('button', { name: 'I stored them' }).click();
  await expect(admin.getByText('Signing in asks for a code of your authenticator.')).toBeVisible();
  await rule.getByRole('button', { name: 'Save' }).click();
  await expect(admin.getByRole('button', { name: 'Switch it off' })).toBeDisabled();
  await expect(rule.getByRole('alert')).toHaveCount(0);

  const ben = await browsers.person(supervisor, '/settings/security');
  await expect(ben.getByText('Your company asks for a second factor.').first()).toBeVisible();
  await stop(ben, 'security-required');
  await ben.goto('/dashboard/calls');
  await expect(ben.getByRole('link', { name: 'Set it up' }), 'every page leads there').toBeVisible();
});

test('a supervisor sees the people and cannot change them', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Readers');
  const supervisor = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const page = await browsers.person(supervisor, '/members');
  await expect(page.getByRole('row', { name: /Ana Ortiz/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /Invite|Change role|Remove/ })).toHaveCount(0);
  await stop(page, 'members-read');
});
