// The tour, second part: a company at work. Every page, every dialog, the wall and the console.
import type { Page } from '@playwright/test';
import { Caller, teach } from '../product/caller.ts';
import { Api, buyNumber, type Company, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import type { Place } from '../product/product.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });

const dialog = (page: Page) => page.getByRole('dialog');

/** A few calls that are over, each in its own way. */
async function history(place: Place, number: string): Promise<void> {
  const first = await Caller.ring(place, number, '+442079460958');
  await first.hears('What can I do for you');
  await first.sayPolitely('What are your opening hours?');
  await first.hears('nine in the morning');
  await first.sayPolitely('Thank you, goodbye.');
  await first.isOver();
  const second = await Caller.ring(place, number, '+912222787777');
  await second.hears('What can I do for you');
  await second.sayPolitely('Tell me a story');
  await second.hears('We began');
  await second.say('Sorry, I have to go.');
  await second.hangUp();
  await second.isOver();
}

async function atWork(place: Place): Promise<{ company: Company; number: string }> {
  const company = await newCompany(place, 'Ortiz Dental');
  return { company, number: await buyNumber(place, company, 'Friendly Helper') };
}

test('lists, records and their dialogs', async ({ place, browsers, allow }) => {
  const { company, number } = await atWork(place);
  await history(place, number);
  const page = await asAdmin(browsers, company, '/calls');
  await expect(page.getByRole('row')).toHaveCount(3);
  await stop(page, 'calls');
  await page.keyboard.press('j');
  await page.keyboard.press('Space');
  const look = page.getByRole('complementary', { name: 'The call beside the list' });
  await expect(look.getByRole('list', { name: 'Transcript' })).toBeVisible();
  await stop(page, 'calls-look');
  await page.keyboard.press('Escape');
  await expect(look).toHaveCount(0);
  await page.getByLabel('Direction').selectOption('Incoming');
  await page.getByRole('button', { name: 'Save this view' }).click();
  await dialog(page).getByLabel('Name').fill('Who rang us');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('navigation', { name: 'Saved views' }).getByRole('link', { name: 'All calls' }).click();
  await page.getByRole('link', { name: 'Who rang us' }).click();
  await expect(page).toHaveURL(/direction=inbound/);
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  expect((await file).suggestedFilename()).toMatch(/^calls-.*\.csv$/);
  await stop(page, 'calls-view');
  await page.getByRole('link', { name: /Open the call of \+44/ }).click();
  await expect(page.getByRole('list', { name: 'Transcript' })).toContainText('opening hours');
  await stop(page, 'call');

  await page.goto('/dashboard/numbers');
  await expect(page.getByRole('row', { name: /Front desk/ })).toBeVisible();
  await stop(page, 'numbers');
  await page.getByRole('link', { name: /^Set up/ }).click();
  await expect(page.getByRole('region', { name: 'What Relay makes of it' })).toBeVisible();
  await stop(page, 'number-edit');
  allow(/status of 422/);
  await page.getByRole('radio', { name: 'Gather' }).check();
  await page.getByLabel('Overflow number').fill('0190');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByLabel('Overflow number')).toHaveAttribute('aria-invalid', 'true');
  await stop(page, 'number-edit-fault', page.getByLabel('Overflow number'));
  await page.getByRole('radio', { name: 'Realtime' }).check();
  await page.getByLabel('Overflow number').fill('+1 415 555 0199');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved. Calls from now on go by it.')).toBeVisible();
  await page.getByRole('link', { name: 'All numbers' }).click();
  await expect(page.getByRole('row', { name: /Front desk.*Realtime.*overflow to \+1 415 555 0199/ })).toBeVisible();
  await stop(page, 'numbers-realtime');
  await page.getByRole('button', { name: /^Release/ }).click();
  await dialog(page).getByRole('button', { name: 'Release the number' }).click();
  await stop(page, 'number-release');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Buy a number' }).click();
  await dialog(page).getByLabel('Area code').fill('415');
  await dialog(page).getByRole('button', { name: 'Search' }).click();
  await expect(dialog(page).getByRole('list', { name: 'Numbers on sale' })).toBeVisible();
  await stop(page, 'number-search');
  await dialog(page).getByRole('button', { name: /^Choose/ }).first().click();
  await expect(dialog(page).getByRole('button', { name: 'Buy this number' })).toBeVisible();
  await stop(page, 'number-buy');

  await page.goto('/dashboard/welcome');
  await expect(page.getByText(/is yours, answered by/)).toBeVisible();
  await stop(page, 'welcome-done');
});

test('usage, keys, personalities, reference', async ({ place, browsers, allow }) => {
  const { company, number } = await atWork(place);
  await new Api(place, company.token).good('PUT', '/v1/tenant/plan', { plan: 'professional' });
  await history(place, number);
  const page = await asAdmin(browsers, company, '/billing');
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('row', { name: /relay_minute/ })).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Export this period as CSV' }).click();
  await expect(page.getByRole('button', { name: /^Download the export/ })).toBeVisible({ timeout: 60_000 });
  await stop(page, 'billing');

  const api = new Api(place, company.token);
  await api.good('POST', '/v1/api_keys', {
    name: 'Booking system',
    scopes: ['calls:read', 'calls:monitor', 'transcripts:read'],
  });
  await page.goto('/dashboard/keys');
  await expect(page.getByRole('row', { name: /Booking system/ })).toBeVisible();
  await stop(page, 'keys');
  await page.getByRole('button', { name: 'Create a key' }).click();
  await stop(page, 'key-create');
  await dialog(page).getByLabel('Name').fill('Wallboard');
  await dialog(page).getByRole('checkbox', { name: /calls:read/ }).check();
  await dialog(page).getByRole('button', { name: 'Create the key' }).click();
  await expect(dialog(page).getByLabel('API key')).toBeVisible();
  await stop(page, 'key-shown');
  await dialog(page).getByRole('button', { name: 'I stored it' }).click();
  await page.getByRole('button', { name: 'Rotate Wallboard' }).click();
  await stop(page, 'key-rotate');
  await dialog(page).getByRole('button', { name: 'Make the new key' }).click();
  await dialog(page).getByRole('button', { name: 'I stored it' }).click();
  await expect(page.getByText('Replaced')).toBeVisible();
  await stop(page, 'keys-replaced');
  await page.getByRole('row', { name: /Replaced/ }).getByRole('button', { name: 'Revoke Wallboard' }).click();
  await stop(page, 'key-revoke');

  await page.goto('/dashboard/personalities');
  await page.getByRole('link', { name: 'Friendly Helper' }).click();
  await expect(page.getByText('What it is told to be')).toBeVisible();
  await stop(page, 'personality');
  await stop(page, 'personality-report', page.getByText('What each engine makes of it'));
  allow(/ERR_INTERNET_DISCONNECTED|WebSocket connection to/);
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByText(/lists of models and voices could not be loaded/)).toBeVisible({ timeout: 60_000 });
  await stop(page, 'personality-lists-failed');
  await page.context().setOffline(false);
  await expect(page.getByText(/lists of models and voices could not be loaded/)).toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByLabel('First words')).toBeVisible();
  await stop(page, 'personality-edit');
  await page.getByLabel('Voice', { exact: true }).selectOption('nova');
  await page.getByLabel('Who speaks first', { exact: true }).selectOption('generated');
  await page.getByLabel('Speech model', { exact: true }).selectOption('gpt-realtime');
  await page.getByLabel('Thinking before it speaks', { exact: true }).selectOption('high');
  await page.getByLabel('End of a turn', { exact: true }).selectOption('patient');
  await page.getByText('Set it exactly').click();
  await expect(page.getByRole('region', { name: 'What Realtime makes of it' })).toContainText('Attention');
  await stop(page, 'personality-voice', page.getByRole('heading', { name: 'Voice and models' }));
  await stop(page, 'personality-turns', page.getByLabel('End of a turn', { exact: true }));
  await stop(page, 'personality-draft-report', page.getByRole('heading', { name: 'What each engine makes of it' }));
  await page.getByRole('button', { name: /^Save as version/ }).click();
  await expect(page.getByText(/is saved/)).toBeVisible();
  await stop(page, 'personality-warned', page.getByRole('heading', { name: 'What each engine makes of it' }));
  await page.getByRole('button', { name: 'Go to Speech model' }).click();
  await expect(page.getByLabel('Speech model', { exact: true })).toBeFocused();
  await page.goto('/dashboard/personalities/new');
  await expect(page.getByLabel('First words')).toBeVisible();
  await stop(page, 'personality-new');

  await page.goto('/dashboard/calls');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await page.keyboard.press('?');
  await expect(dialog(page)).toBeVisible();
  await stop(page, 'keys-help');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(dialog(page)).toBeVisible();
  await stop(page, 'palette');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await expect(dialog(page)).toBeVisible();
  await stop(page, 'menu');
});

test('the wall and the console', async ({ place, browsers }) => {
  const { company, number } = await atWork(place);
  await teach(place, [
    { when_contains: 'tour slow', reply: 'This answer takes its time.', first_token_ms: 400_000 },
    {
      when_contains: 'tour endless',
      reply: Array.from({ length: 400 }, (_, at) => `word ${at}`).join(', '),
      tokens_ms: 1_500,
    },
    { when_contains: 'tour parking', reply: 'Let me check that for you. [[request_user:Is parking included on Saturday?]]' },
  ]);
  const page = await asAdmin(browsers, company, '/live');
  await expect(page.getByText('No line is open')).toBeVisible();
  await stop(page, 'live-0');

  const callers = [];
  for (const from of ['+442079460958', '+912222787777', '+12125550199', '+493030303030', '+14155550134']) {
    callers.push(await Caller.ring(place, number, from));
  }
  const [slow, endless, asks, other, main] = callers as [Caller, Caller, Caller, Caller, Caller];
  for (const caller of callers) await caller.hears('What can I do for you');
  await other.sayPolitely('What are your opening hours?');
  await main.sayPolitely('Do you have a price list?');
  await main.hears('twenty nine dollars');
  // Whoever says nothing is let go after a while, and so is who gets no answer: the one comes last, the other is asked last.
  const quiet = await Caller.ring(place, number, '+33142685300');
  await quiet.hears('What can I do for you');
  await asks.sayPolitely('tour parking');
  await endless.sayPolitely('tour endless');
  await slow.sayPolitely('tour slow');
  const lines = page.getByRole('list', { name: 'Live' }).getByRole('listitem');
  await expect(lines).toHaveCount(6);
  await expect(lines.first()).toContainText('Is parking included on Saturday?');
  await stop(page, 'live-6');
  await page.goto('/dashboard/live?need=asks');
  await expect(lines).toHaveCount(1);
  await page.goto('/dashboard/live?q=nothing-like-this');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await stop(page, 'live-nothing');

  await page.goto('/dashboard/live');
  await page.getByRole('link', { name: /Open the call of \+1 212/ }).click();
  await expect(page.getByRole('region', { name: 'The agent asks' }).getByLabel('Your answer')).toBeVisible();
  await stop(page, 'console-asks');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByText(/^Details/).click();
  await expect(page.getByRole('region', { name: 'The agent asks' })).toBeVisible();
  await stop(page, 'console-details');

  await page.getByRole('link', { name: /\+91 22/ }).click();
  await expect(page.locator('[data-loose=true]')).toBeVisible();
  await stop(page, 'console-speaking');
  const step = page.getByRole('region', { name: 'Step in' });
  for (const [button, name] of [['Keys', 'keys'], ['Transfer', 'transfer'], ['End call', 'end']] as const) {
    await step.getByRole('button', { name: button }).click();
    await expect(dialog(page)).toBeVisible();
    await stop(page, `console-${name}`);
    await page.keyboard.press('Escape');
  }
  await step.getByText('Guide', { exact: true }).click();
  await stop(page, 'console-guide');
  await endless.hangUp();
  await expect(page.getByText('The call is over')).toBeVisible();
  await stop(page, 'console-ended');
  for (const caller of [slow, asks, quiet, other, main]) await caller.hangUp();
});
