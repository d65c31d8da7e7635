// Calls that are spoken by the realtime engine, with sound at both ends, as a supervisor sees them.
import type { Page } from '@playwright/test';
import { Caller, fault, teach, telephone } from '../product/caller.ts';
import { Api, buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect } from '../product/fixtures.ts';
import { watchGrowth } from '../product/growth.ts';
import { test } from '../product/own.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });
// Sound takes its time: it is heard as it is spoken.
test.use({ speed: 1 });

const greeting = 'What can I do for you';
const story =
  'We began as a small shop by the harbour, then we moved to the old mill, and after many quiet years ' +
  'the whole town knew our name and came to us every Saturday morning with their bicycles.';

const talk = (page: Page) => page.getByRole('region', { name: 'Transcript' });
const head = (page: Page) => page.locator('header').filter({ has: page.getByRole('link', { name: 'All lines' }) });

test('a number gets the engine, a caller rings, and the talk is watched word by word', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const page = await asAdmin(browsers, company, '/numbers?buy=true');

  await test.step('buy a number with the realtime engine', async () => {
    const drawer = page.getByRole('dialog', { name: 'Buy a number' });
    await drawer.getByLabel('Area code').fill('415');
    await drawer.getByRole('button', { name: 'Search' }).click();
    await drawer.getByRole('button', { name: /^Choose \+1 415/ }).first().click();
    const confirm = page.getByRole('dialog', { name: /^Buy \+1 415/ });
    await confirm.getByLabel('Label').fill('Front desk');
    await confirm.getByLabel('Answered by').selectOption('Friendly Helper');
    await expect(confirm.getByRole('region', { name: 'What Relay makes of it' })).toContainText('(Google)');
    const realtime = confirm.getByRole('radio', { name: 'Realtime' });
    await expect(realtime).toHaveAccessibleDescription(/a minute of the caller and US?\$/);
    await realtime.check();
    await expect(confirm.getByRole('region', { name: 'What Realtime makes of it' })).toBeVisible();
    await stop(page, 'number-buy-realtime');
    await confirm.getByRole('button', { name: 'Buy this number' }).click();
    await expect(page.getByRole('row', { name: /Front desk.*Friendly Helper.*Realtime.*Active/ })).toBeVisible();
  });

  const list = await new Api(place, company.token).good<{ data: { e164: string }[] }>('GET', '/v1/numbers');
  const number = list.data[0]?.e164 ?? '';
  await teach(place, [
    { when_contains: 'brunch', reply: 'On Saturday and on Sunday we serve brunch from ten until two, with fresh bread.' },
    { when_contains: 'story', reply: story },
    { when_contains: 'park', reply: 'There is a yard behind the house.' },
    { when_contains: 'Sunday', reply: 'On Sunday we are closed.' },
  ]);
  await page.goto('/dashboard/live');
  await expect(page.getByRole('heading', { name: 'No line is open' })).toBeVisible();
  const caller = await Caller.ring(place, number);
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  await caller.hears(greeting);
  await expect(head(page).getByText('Realtime')).toBeVisible();

  await test.step('the caller is seen to speak before there are words, and the answer grows through a cough', async () => {
    const states = await watchGrowth(page, 'agent');
    const asks = await watchGrowth(page, 'caller');
    await caller.sayPolitely('Do you have a weekend brunch?');
    await expect.poll(asks).toContain('is speaking');
    await expect(talk(page)).toContainText('Do you have a weekend brunch?');
    const callers = await watchGrowth(page, 'caller');
    await caller.cough(1_500, 300);
    await expect(talk(page)).toContainText('with fresh bread.');
    await caller.hears('with fresh bread.');
    const grown = (await states()).filter((text) => text.startsWith('On'));
    expect(grown.length, grown.join('\n')).toBeGreaterThan(3);
    // The line began and was taken back; the agent lost nothing.
    expect(await callers()).toContain('is speaking');
    await expect(talk(page).locator('li[data-speaker=caller]')).toHaveCount(1);
    await expect(talk(page).getByText('cut off')).toHaveCount(0);
  });

  await test.step('words that take long are waited for in sight', async () => {
    await fault(place, { target: 'realtime', kind: 'slow_transcription', times: 1, ms: 9_000 });
    const speaks = await watchGrowth(page, 'caller');
    await caller.sayPolitely('Where can I park?');
    await expect.poll(speaks).toContain('is speaking');
    await expect(talk(page)).toContainText('has spoken, the words are being written down');
    await stop(page, 'console-caller-speaks');
    await expect(talk(page)).toContainText('Where can I park?', { timeout: 60_000 });
    await expect(talk(page).getByText('is speaking')).toHaveCount(0);
  });

  await test.step('an interruption parts what was heard from what was not', async () => {
    await caller.sayPolitely('Tell me your story.');
    await caller.interrupt(3_500, 'Sorry, are you open on Sunday?');
    const cut = talk(page).getByRole('listitem').filter({ hasText: 'We began as a small shop' });
    await expect(cut).toContainText('cut off', { timeout: 60_000 });
    await expect(cut.locator('del')).toContainText('Saturday morning');
    await expect(talk(page)).toContainText('On Sunday we are closed.');
    await caller.hears('we are closed.');
    const heard = (await caller.report()).heard.map((line) => line.text).find((text) => text.startsWith('We began')) ?? '';
    expect(heard, 'the caller heard a part of it').not.toContain('Saturday morning');
    await stop(page, 'console-realtime');
  });

  await test.step('the record holds it', async () => {
    await caller.hangUp();
    await caller.isOver();
    await page.getByRole('link', { name: 'Open the record' }).click();
    const words = page.getByRole('list', { name: 'Transcript' });
    await expect(words.getByText('Do you have a weekend brunch?')).toHaveCount(1);
    await expect(words.locator('del').filter({ hasText: 'Saturday morning' })).toHaveCount(1);
    await expect(words.getByText('is speaking')).toHaveCount(0);
    await expect(page.getByText('The caller hung up')).toBeVisible();
    await expect(page.getByText('Realtime').first()).toBeVisible();
    await stop(page, 'call-realtime');
  });
});

test('a speech model that is lost is told in plain words, and another engine goes on', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const number = await buyNumber(place, company, 'Friendly Helper', 'realtime');
  await teach(place, [{ when_contains: 'Sunday', reply: 'On Sunday we are closed.' }]);
  const page = await asAdmin(browsers, company, '/live');
  const caller = await Caller.ring(place, number);
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  await caller.hears(greeting);
  await expect(head(page).getByText('Realtime')).toBeVisible();
  // The session breaks, and no other is to be had.
  await fault(place, { target: 'realtime', kind: 'forbidden', times: null });
  await fault(place, { target: 'realtime', kind: 'drop', times: 1 });
  await expect(talk(page)).toContainText('The call goes on with Relay. The agent remembers what was said.', { timeout: 60_000 });
  await expect(talk(page)).toContainText('could no longer hear or speak');
  await expect(head(page).getByText('Relay')).toBeVisible();
  await stop(page, 'console-engine-switched');
  await caller.sayPolitely('Are you open on Sunday?');
  await expect(talk(page)).toContainText('On Sunday we are closed.');
  await caller.hangUp();
  await expect(page.getByText('The call is over')).toBeVisible();
});

test('a caller is handed over, and it is told how that went', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const api = new Api(place, company.token);
  await api.good('POST', '/v1/personalities', {
    name: 'Front desk',
    voice: 'marin',
    greeting: 'Hello. What can I do for you?',
    system_prompt: 'You answer the phone of a bicycle shop.',
    transfer_targets: [{ alias: 'billing', e164: '+14155550177' }],
  });
  const number = await buyNumber(place, company, 'Front desk', 'realtime');
  await telephone(place, { number: '+14155550177', outcome: 'busy', ring_ms: 500 });
  await teach(place, [{ when_contains: 'invoice', reply: 'I am handing you over. [[transfer:billing]]', times: 1 }]);
  const page = await asAdmin(browsers, company, '/live');
  const caller = await Caller.ring(place, number);
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  await caller.hears(greeting);
  await caller.sayPolitely('I have a question about an invoice.');
  await expect(talk(page)).toContainText('Nobody took the call at +1 415 555 0177', { timeout: 60_000 });
  // The agent has the caller again, and knows why.
  await expect(talk(page)).toContainText('my colleague cannot take your call right now', { timeout: 60_000 });
  await stop(page, 'console-transfer-failed');
  await caller.hangUp();
  await expect(page.getByText('The call is over')).toBeVisible();
  await page.getByRole('link', { name: 'Open the record' }).click();
  await expect(page.getByText('Nobody took the call at +1 415 555 0177').first()).toBeVisible({ timeout: 60_000 });
  await stop(page, 'call-transfer-failed');
});
