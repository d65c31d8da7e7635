// The tour, third part: pools, contacts, policy, the page of a number, and calls that go out.
import type { Page } from '@playwright/test';
import { Caller, telephone } from '../product/caller.ts';
import { allowAllHours, Api, buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect } from '../product/fixtures.ts';
import { test } from '../product/own.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });

const dialog = (page: Page) => page.getByRole('dialog');

const csv = ['Phone,Name,Plan,City', '+14155550111,Ada Ortiz,premium,Oslo', '12,Nobody,,', '+14155550112,Ben Low,gold,Rom'];

test('numbers, pools, contacts and the policy', async ({ product, place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  await product.sql(`UPDATE phony.tenants SET plan = 'enterprise' WHERE id = '${company.id.replace('ten_', '')}'`);
  const number = await buyNumber(place, company, 'Friendly Helper');
  const page = await asAdmin(browsers, company, '/numbers/pools');
  const api = new Api(place, company.token);

  await expect(page.getByRole('heading', { name: 'No pool yet' })).toBeVisible();
  await stop(page, 'pools-empty');
  await page.getByRole('button', { name: 'Make a pool' }).first().click();
  await dialog(page).getByLabel('Name').fill('West coast');
  await dialog(page).getByRole('checkbox').first().check();
  await stop(page, 'pool-make');
  await expect(async () => {
    // The new plan is noticed within seconds.
    const made = page.getByRole('row', { name: /West coast/ });
    if (!(await made.isVisible())) await dialog(page).getByRole('button', { name: 'Make a pool' }).click();
    await expect(made).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 60_000 });
  await stop(page, 'pools');
  await page.getByRole('button', { name: 'Delete West coast' }).click();
  await stop(page, 'pool-delete');
  await page.keyboard.press('Escape');

  await page.goto('/dashboard/numbers?import=true');
  await expect(dialog(page).getByRole('button', { name: 'Import the number' })).toBeVisible();
  await stop(page, 'number-import');
  const drift = [{ field: 'voice_url', expected: `${place.url}/twilio/voice`, found: 'https://elsewhere.example/voice' }];
  await product.sql(
    `UPDATE phony.phone_numbers SET drift = '${JSON.stringify(drift)}', checked_at = now() WHERE e164 = '${number}'`,
  );
  await page.goto('/dashboard/numbers');
  await expect(page.getByText('Changed at the carrier')).toBeVisible();
  await stop(page, 'numbers-drifted');
  await page.getByRole('link', { name: /^Set up/ }).click();
  await page.getByRole('radio', { name: 'Premium contacts' }).check();
  await page.getByText('Set times', { exact: true }).click();
  await page.getByRole('button', { name: 'Add a day' }).click();
  await page.getByLabel('Date').fill('2026-12-24');
  await page.getByLabel('What day it is').fill('Christmas Eve');
  await page.getByLabel('At other times, callers').selectOption('are sent to another telephone');
  await page.getByLabel('Calls are recorded').selectOption('always');
  await stop(page, 'number');
  await stop(page, 'number-hours', page.getByRole('heading', { name: 'Business hours' }));
  await stop(page, 'number-recording', page.getByRole('heading', { name: 'Recording', exact: true }));
  allow(/status of 422/);
  await page.getByLabel('Time zone').fill('Mars/Olympus');
  await page.getByLabel('Sent to').fill('12');
  await page.getByLabel('Monday from', { exact: true }).fill('17:00');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(/fields need attention/)).toBeVisible();
  await stop(page, 'number-faults', page.getByRole('heading', { name: 'Business hours' }));
  await page.getByRole('button', { name: 'Repair' }).click();
  await expect(page.getByText('All is as it should be.')).toBeVisible();

  await page.goto('/dashboard/contacts');
  await expect(page.getByRole('heading', { name: 'No contact yet' })).toBeVisible();
  await stop(page, 'contacts-empty');
  await page.getByRole('button', { name: 'Import contacts' }).first().click();
  const buffer = Buffer.from(csv.join('\n'));
  await dialog(page).getByLabel('CSV file').setInputFiles({ name: 'c.csv', mimeType: 'text/csv', buffer });
  await expect(dialog(page).getByLabel('Phone is')).toBeVisible();
  await stop(page, 'contacts-matching');
  await dialog(page).getByRole('button', { name: 'Import 3 contacts' }).click();
  await expect(dialog(page).getByRole('region', { name: 'What became of the file' })).toBeVisible();
  await stop(page, 'contacts-report');
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  for (const [e164, name, plan] of [
    ['+912222787777', 'Priya Nair', 'standard'],
    ['+442079460958', 'Tom Ashworth-Featherstonehaugh of Kensington', 'standard'],
  ]) {
    await api.good('POST', '/v1/contacts', { e164, name, plan, attributes: { city: 'Pune', since: '2019' } });
  }
  await page.reload();
  await expect(page.getByRole('row')).toHaveCount(4);
  await stop(page, 'contacts');
  await page.getByRole('button', { name: 'Edit Ada Ortiz' }).click();
  await stop(page, 'contact-edit');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Delete Ada Ortiz' }).click();
  await stop(page, 'contact-delete');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Check a number' }).click();
  await dialog(page).getByLabel('Number', { exact: true }).fill('+14155550111');
  await dialog(page).getByRole('button', { name: 'Check' }).click();
  await expect(dialog(page).getByText(/premium plan/)).toBeVisible();
  await stop(page, 'contact-check');

  await api.good('POST', '/v1/do_not_call', { e164: '+14155550199', reason: 'Asked us on the telephone' });
  await page.goto('/dashboard/settings/policies');
  await expect(page.getByRole('row', { name: /\+1415•••••99/ })).toBeVisible();
  await stop(page, 'policy');
  await page.getByLabel(/Never numbers that begin with/).fill('1900');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel(/Never numbers that begin with/)).toHaveAttribute('aria-invalid', 'true');
  await stop(page, 'policy-fault', page.getByText('Never numbers that begin with'));
  await stop(page, 'policy-list', page.getByRole('heading', { name: 'Numbers that are not to be rung' }));
});

test('calls that go out', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Ortiz Dental');
  await buyNumber(place, company, 'Friendly Helper');
  await allowAllHours(place, company);
  const api = new Api(place, company.token);
  await telephone(place, { number: '+14155550188', answerer: 'person', ring_ms: 300, stay: true });
  await telephone(place, { number: '+14155550161', answerer: 'busy', ring_ms: 300 });
  await telephone(place, { number: '+14155550176', answerer: 'no_answer' });
  const ring = (to: string, more: object = {}) =>
    api.good<{ id: string }>('POST', '/v1/calls', { to, metadata: { ticket: 'T-17' }, ...more });

  const page = await asAdmin(browsers, company, '/calls?place=true');
  await dialog(page).getByLabel('Number to ring').fill('+1 876 555 0100');
  await dialog(page).getByText('Timeout, recording, machines, notes').click();
  await dialog(page).getByLabel('Find out who or what answers').check();
  await dialog(page).getByLabel('When a mailbox answers').selectOption('Leave a message');
  await dialog(page).getByRole('button', { name: 'Add a note' }).click();
  await stop(page, 'place-call');
  await stop(page, 'place-call-more', dialog(page).getByText('Timeout, recording, machines, notes'));
  allow(/status of (403|422)/);
  await dialog(page).getByLabel('The message').fill('Please ring back.');
  await dialog(page).getByRole('button', { name: 'Ring now' }).click();
  await expect(dialog(page).getByRole('link', { name: 'See the policy' })).toBeVisible();
  await stop(page, 'place-call-refused', dialog(page).getByText('Number to ring'));

  const talk = await ring('+14155550188', { record: true, machine_detection: {}, opening_message: 'Your order is ready.' });
  const busy = await ring('+14155550161');
  const waits = await ring('+14155550176', { answer_timeout_seconds: 600 });
  const sid = async () => (await api.good<{ call_sid: string }>('GET', `/v1/calls/${talk.id}`)).call_sid;
  await expect.poll(sid, { timeout: 60_000 }).not.toBe('');
  const callee = Caller.of(place, await sid());
  await callee.hears('Your order is ready.');
  await callee.sayPolitely('What are your opening hours?');
  await callee.hears('nine in the morning');
  await callee.hangUp();
  await page.goto(`/dashboard/calls/${waits.id}`);
  await expect(page.getByRole('button', { name: 'Cancel the call' })).toBeVisible();
  await stop(page, 'call-waiting');
  await page.getByRole('button', { name: 'Cancel the call' }).click();
  await stop(page, 'call-cancel');
  await dialog(page).getByRole('button', { name: 'Cancel the call' }).click();
  await expect(page.getByText('Cancelled before the answer')).toBeVisible({ timeout: 60_000 });

  await page.goto(`/dashboard/calls/${talk.id}`);
  await expect(page.getByRole('row', { name: /twilio.outbound_minute/ })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('article', { name: /Recording/ })).toBeVisible({ timeout: 60_000 });
  await stop(page, 'call-outgoing');
  await stop(page, 'call-course', page.getByRole('heading', { name: 'Course of the call' }));
  await page.getByRole('button', { name: 'Delete the content' }).click();
  await stop(page, 'call-erase');
  await page.goto(`/dashboard/calls/${busy.id}`);
  await expect(page.getByText('The line was busy')).toBeVisible();
  await stop(page, 'call-busy');

  await page.goto('/dashboard/calls?direction=outbound&channel=phone');
  await expect(page.getByRole('row')).toHaveCount(4);
  await stop(page, 'calls-filtered');
  await page.getByLabel('Digits of a number').fill('front desk');
  await expect(page.getByText('Two to fifteen digits of a number.')).toBeVisible();
  await page.goto('/dashboard/calls?q=999');
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await stop(page, 'calls-nothing');
});
