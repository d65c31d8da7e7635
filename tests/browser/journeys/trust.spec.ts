// What a company can rely on: its plan, its own keys at providers, the log of acts, retention, copies and erasure.
import { readFileSync } from 'node:fs';
import { Caller } from '../product/caller.ts';
import { Api, buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });

test('a contact is copied and erased, with a receipt', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const api = new Api(place, company.token);
  await api.good('POST', '/v1/contacts', { e164: '+442079460958', name: 'Tom Ashworth', plan: 'standard' });
  const caller = await Caller.ring(place, number, '+442079460958');
  await caller.hears('What can I do for you');
  await caller.sayPolitely('What are your opening hours? My word is heliotrope.');
  await caller.hears('nine in the morning');
  await caller.hangUp();

  const page = await asAdmin(browsers, company, '/settings/privacy');
  await expect(page.getByText('No erasure was asked for.')).toBeVisible();
  await stop(page, 'privacy-empty');
  await page.getByLabel('Recordings').fill('30');
  await expect(page.getByText(/is deleted within a day/)).toBeVisible();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();

  await page.getByRole('button', { name: 'Ask for a copy' }).click();
  const copy = page.getByRole('dialog', { name: 'Ask for a copy' });
  await copy.getByLabel('Number of the contact').fill('+44 20 7946 0958');
  await copy.getByRole('button', { name: 'Make the copy' }).click();
  const fetched = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Download the copy/ }).click({ timeout: 60_000 });
  const archive = readFileSync(await (await fetched).path());
  expect(archive.includes('heliotrope'), 'what was said is in the copy').toBe(true);

  await page.getByRole('button', { name: 'Erase data' }).click();
  const erase = page.getByRole('dialog', { name: 'Erase data' });
  allow(/status of 422/);
  await erase.getByLabel('Number of the contact').fill('12');
  await erase.getByRole('button', { name: 'Erase it' }).click();
  await expect(erase.getByLabel('Number of the contact')).toHaveAttribute('aria-invalid', 'true');
  await erase.getByText('The whole company', { exact: true }).click();
  await expect(erase.getByRole('button', { name: 'Erase it' }), 'the name must be typed').toBeDisabled();
  await stop(page, 'erase-company');
  await erase.getByText('One contact', { exact: true }).click();
  await erase.getByLabel('Number of the contact').fill('+44 20 7946 0958');
  await stop(page, 'erase-contact');
  await erase.getByRole('button', { name: 'Erase it' }).click();
  const erasures = page.getByRole('table', { name: 'Erasure' });
  await expect(erasures.getByText('Done', { exact: true })).toHaveCount(2, { timeout: 60_000 });
  const receipt = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Receipt of the erasure/ }).click();
  const text = readFileSync(await (await receipt).path(), 'utf8');
  expect(text).toContain('signature');
  expect(text, 'a receipt does not name whom it is about').not.toContain('442079460958');
  await stop(page, 'privacy');

  await page.goto('/dashboard/contacts');
  await expect(page.getByRole('heading', { name: 'No contact yet' })).toBeVisible();
  await page.goto('/dashboard/calls');
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByText('7946')).toHaveCount(0);
  await page.getByRole('row').nth(1).getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'What was said' })).toBeVisible();
  await expect(page.getByText('heliotrope')).toHaveCount(0);
});

test('every act stands in the log, and the log is whole', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  const api = new Api(place, company.token);
  await api.good('POST', '/v1/api_keys', { name: 'Booking system', scopes: ['calls:read'] });
  await api.good('PATCH', '/v1/tenant', { outbound_policy: { daily_calls: 77 } });
  const page = await asAdmin(browsers, company, '/audit');
  await expect(page.getByText('Chain verified')).toBeVisible();
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await stop(page, 'audit');
  const policy = page.getByRole('row', { name: /Policy of outgoing calls changed/ });
  await expect(policy.getByRole('link', { name: 'Only acts by Ana Ortiz' })).toBeVisible();
  await policy.getByRole('button', { name: /^More of act/ }).click();
  await expect(page.getByRole('dialog')).toContainText('77');
  await stop(page, 'audit-entry');
  await page.keyboard.press('Escape');
  await expect(policy.getByRole('button'), 'the focus comes back').toBeFocused();
  await page.getByLabel('Kind').selectOption({ label: 'Privacy' });
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await stop(page, 'audit-nothing');
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const lines = readFileSync(await (await file).path(), 'utf8').trim().split('\n');
  expect(lines[0]).toMatch(/^seq,at,actor,action/);
  expect(lines.length).toBeGreaterThan(2);
});

test('the plan, a key of one\'s own at a provider, and consents', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  await buyNumber(place, company, 'Friendly Helper');
  const page = await asAdmin(browsers, company, '/settings/plan');
  await expect(page.getByText('1 of 1 · full')).toBeVisible();
  await stop(page, 'plan');
  await page.getByRole('button', { name: 'See what Professional changes' }).click();
  const change = page.getByRole('dialog', { name: 'Change to Professional' });
  await expect(change.getByRole('row', { name: 'Numbers 1 50' })).toBeVisible();
  await expect(change.getByText('Everything the company has fits into this plan.')).toBeVisible();
  await stop(page, 'plan-change');
  await change.getByRole('button', { name: 'Change to Professional' }).click();
  await expect(page.getByText('1 of 50')).toBeVisible();
  await page.getByRole('button', { name: 'See what Enterprise changes' }).click();
  await expect(page.getByRole('dialog').getByText(/This plan is agreed with us/)).toBeVisible();
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Change to Enterprise' })).toBeDisabled();
  await page.keyboard.press('Escape');

  allow(/status of (409|422|502)/);
  await page.goto('/dashboard/settings/providers');
  await expect(page.getByText('Usage is part of our prices.')).toBeVisible();
  await stop(page, 'providers-none');
  await page.getByLabel('API key').fill('sk-of-our-own-0123456789abcdef');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Your key', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Check' }).click();
  await expect(page.getByText(/^Checked/)).toBeVisible();
  expect(await page.content(), 'the key is not shown again').not.toContain('sk-of-our-own');
  await stop(page, 'providers');

  await page.goto('/dashboard/settings/policies');
  const consents = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Who has agreed to be rung' }) });
  await consents.getByLabel('Number').fill('+1 415 555 0111');
  await consents.getByLabel('Where they agreed').fill('Sign-up form');
  await consents.getByRole('button', { name: 'Record it' }).click();
  await expect(consents.getByRole('row', { name: /Sign-up form/ })).toBeVisible();
  await stop(page, 'consents', consents);
  await consents.getByRole('button', { name: /^Take back the consent/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(consents.getByRole('row', { name: /taken back/ })).toBeVisible();
});
