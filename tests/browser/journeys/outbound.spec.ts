// A call that we make: what the policy refuses, what the agent needs, who answers, and what is kept of it.
import { Caller, telephone } from '../product/caller.ts';
import { allowAllHours, Api, buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';

test.describe.configure({ timeout: 300_000 });

test('the policy is set, a call is placed, watched and read', async ({ place, browsers, allow }) => {
  const company = await newCompany(place, 'Outgoing');
  await buyNumber(place, company, 'Friendly Helper');
  const to = '+14155550188';
  await telephone(place, { number: to, answerer: 'person', ring_ms: 1_500, stay: true });
  const page = await asAdmin(browsers, company, '/settings/policies');

  await test.step('agents may ring at any hour, and whom they want', async () => {
    await page.getByLabel('From', { exact: true }).fill('00:00');
    await page.getByLabel('Until', { exact: true }).fill('00:00');
    await page.getByLabel('every call, since no person speaks').uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Version 1')).toBeVisible();
  });

  await page.goto('/dashboard/calls');
  await page.getByRole('button', { name: 'Place a call' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Place a call' });
  const field = dialog.getByLabel('Number to ring');

  await test.step('what may not be rung is refused and explained', async () => {
    allow(/status of (403|422)/);
    await field.fill('+1 876 555 0100');
    await dialog.getByRole('button', { name: 'Ring now' }).click();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(dialog.getByRole('link', { name: 'See the policy' })).toBeVisible();
    await field.fill('Ada Ortiz');
    await dialog.getByRole('button', { name: 'Ring now' }).click();
    await expect(dialog.getByRole('link', { name: 'See the policy' })).toHaveCount(0);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  });

  await test.step('what the words need is asked for, and the call goes out', async () => {
    // The places of an agent's words are typed with double braces.
    allow(/missing translation: Your order/);
    await field.fill('(415) 555-0188');
    await dialog.getByLabel('First words').fill('Your order {{order}} is ready.');
    await dialog.getByRole('button', { name: 'Ring now' }).click();
    await expect(dialog.getByText(/order/i).filter({ hasText: /needs|missing|value/i }).first()).toBeVisible();
    await dialog.getByLabel('Value of order').fill('A-7');
    await dialog.getByRole('button', { name: 'Ring now' }).click();
    await expect(page).toHaveURL(/\/live\/call_/);
  });

  const id = /call_\w+/.exec(page.url())?.[0] ?? '';
  await test.step('it is watched from the dial on', async () => {
    const transcript = page.getByRole('region', { name: 'Transcript' });
    await expect(transcript).toContainText('Your order A-7 is ready.', { timeout: 60_000 });
    const api = new Api(place, company.token);
    const { call_sid } = await api.good<{ call_sid: string }>('GET', `/v1/calls/${id}`);
    const callee = Caller.of(place, call_sid);
    await callee.hears('Your order A-7 is ready.');
    await callee.sayPolitely('Thank you, that is good news.');
    await expect(transcript).toContainText('that is good news');
    await callee.hangUp();
    await expect(page.getByText('The call is over')).toBeVisible();
  });

  await test.step('its record tells the course and the cost', async () => {
    await page.getByRole('link', { name: 'Open the record' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Call to +1 415 555 0188' })).toBeVisible();
    const course = page.getByRole('list', { name: 'Course of the call' });
    await expect(course.getByRole('listitem').filter({ hasText: 'Answered' }).first()).toBeVisible();
    await expect(course.getByRole('listitem').last()).toContainText('Ended');
    await expect(page.getByRole('list', { name: 'Transcript' })).toContainText('that is good news');
    const bill = page.getByRole('table', { name: 'Cost of the call by kind' });
    await expect(bill.getByRole('row', { name: /twilio.outbound_minute/ })).toBeVisible({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Ring again' }).click();
    await expect(field).toHaveValue(to);
  });
});

test('a call that nobody answers is cancelled; a mailbox gets its message', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Cancelling');
  await buyNumber(place, company, 'Friendly Helper');
  await allowAllHours(place, company);
  const api = new Api(place, company.token);
  await telephone(place, { number: '+14155550176', answerer: 'no_answer' });
  await telephone(place, { number: '+14155550186', answerer: 'mailbox', ring_ms: 300, stay: true });

  const { id } = await api.good<{ id: string }>('POST', '/v1/calls', { to: '+14155550176', answer_timeout_seconds: 600 });
  const page = await asAdmin(browsers, company, `/calls/${id}`);
  await page.getByRole('button', { name: 'Cancel the call' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the call' }).click();
  await expect(page.getByText('Cancelled before the answer')).toBeVisible({ timeout: 60_000 });

  await page.goto('/dashboard/calls?place=true&ring=%2B14155550186');
  const dialog = page.getByRole('dialog', { name: 'Place a call' });
  await dialog.getByText('Timeout, recording, machines, notes').click();
  await dialog.getByLabel('Find out who or what answers').check();
  await dialog.getByLabel('When a mailbox answers').selectOption('Leave a message');
  await dialog.getByLabel('The message').fill('Please ring back about your order.');
  await dialog.getByRole('button', { name: 'Ring now' }).click();
  await expect(page).toHaveURL(/\/live\/call_/);
  await expect(page.getByText('A message was left on the mailbox')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Open the record' }).click();
  await expect(page.getByText('Answered by: a mailbox')).toBeVisible();
});
