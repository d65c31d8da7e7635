// People decide on what the agent says, answer its questions, and share the calls among themselves.
import type { Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { Caller, teach, telephone } from '../product/caller.ts';
import { addMember, Api, buyNumber, type Company, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { stop } from '../product/tour.ts';
import type { Place } from '../product/product.ts';

test.describe.configure({ timeout: 150_000 });

const billing = '+14155550177';
const talk = (page: Page) => page.getByRole('region', { name: 'Transcript' });
const card = (page: Page) => page.getByRole('article', { name: 'A reply to approve' });
const step = (page: Page) => page.getByRole('region', { name: 'Step in' });
const open = (page: Page) => page.getByRole('link', { name: /^Open the call of/ }).click();

/** The way to a line, from the wall or from the list of lines beside a console; an American number. */
const lineOf = (page: Page, from: string) =>
  page.getByRole('link', { name: new RegExp(`\\+1 ${from.slice(2, 5)} 555 ${from.slice(-4)}`) }).first();

/** A number whose agent asks people as is said; and a way to let it ask in another way. */
async function numberOf(place: Place, company: Company, asking: object) {
  const name = 'Maya';
  const api = new Api(place, company.token);
  const made = await api.good<{ id: string }>('POST', '/v1/personalities', {
    name,
    greeting: 'Hello, this is Maya. What can I do for you?',
    system_prompt: 'You answer the phone of a bicycle shop.',
    ...asking,
  });
  const number = await buyNumber(place, company, name);
  return { number, ask: (otherwise: object) => api.good('PATCH', `/v1/personalities/${made.id}`, otherwise) };
}

test('replies wait for a person: approved, edited, rejected, and what happens when nobody decides', async ({
  place,
  browsers,
}) => {
  const run = randomUUID().slice(0, 8);
  const company = await newCompany(place, 'Approvals');
  const { number, ask } = await numberOf(place, company, {
    approval: { mode: 'off', timeout_seconds: 60, on_timeout: 'offer_callback' },
    transfer_targets: [{ alias: 'billing', e164: billing }],
  });
  await teach(place, [
    { when_contains: 'approve bell', reply: 'A bell costs five dollars.' },
    { when_contains: 'approve light', reply: 'A light is free of charge.' },
    { when_contains: `lock ${run}`, reply: 'We do not sell any locks.', times: 1 },
    { when_contains: `lock ${run}`, reply: 'We have two good locks for you.' },
    { when_contains: 'approve pump', reply: 'A pump costs nine dollars.' },
  ]);
  const caller = await Caller.ring(place, number);
  const page = await asAdmin(browsers, company, '/live');
  await open(page);
  await caller.hears('What can I do for you?');

  await test.step('from now on every reply waits', async () => {
    await page.getByLabel('Which replies wait for you').selectOption('every_turn');
    await expect(step(page).getByText('Which replies wait was changed.')).toBeVisible();
  });
  await test.step('approved by a key', async () => {
    await caller.sayPolitely('Please approve bell prices.');
    await expect(card(page)).toContainText('A bell costs five dollars.');
    await expect(card(page).getByRole('timer')).toContainText('in 00:');
    await stop(page, 'console-approval');
    expect(await caller.heard(), 'nothing unapproved is spoken').not.toContain('five dollars');
    await expect(card(page).getByRole('button', { name: 'Approve' })).toBeEnabled();
    // Letters are keys outside of fields only.
    await card(page).getByText('A bell costs five dollars.').click();
    await page.keyboard.press('y');
    await caller.hears('A bell costs five dollars.');
    await expect(card(page)).toHaveCount(0);
    await expect(talk(page)).toContainText('approved the reply');
  });
  await test.step('spoken in other words', async () => {
    await caller.sayPolitely('Please approve light prices.');
    await expect(card(page)).toContainText('free of charge');
    await card(page).getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('What the caller hears instead').fill('A light costs three dollars.');
    await page.getByRole('button', { name: 'Speak this' }).click();
    await caller.hears('A light costs three dollars.');
    expect(await caller.heard()).not.toContain('free of charge');
  });
  await test.step('rejected with a word to the agent, who answers anew', async () => {
    await caller.sayPolitely(`Please approve lock ${run}.`);
    await expect(card(page)).toContainText('do not sell any locks');
    await card(page).getByRole('button', { name: 'Reject' }).click();
    await page.getByLabel('A word to the agent about why').fill('We have two locks in stock');
    await page.getByLabel('A word to the agent about why').press('Enter');
    await expect(talk(page)).toContainText('The agent was told: We have two locks in stock');
    await expect(card(page)).toContainText('two good locks');
    await page.getByRole('button', { name: 'Approve' }).click();
    await caller.hears('two good locks');
    await expect(card(page)).toHaveCount(0);
    expect(await caller.heard()).not.toContain('do not sell any locks');
  });
  await test.step('the wait for a person is shown apart from the machine', async () => {
    const times = page.locator('section').filter({ has: page.getByRole('heading', { name: /Reply times/ }) });
    await expect(times.getByText('Approval', { exact: true })).toBeVisible();
  });
  await caller.hangUp();

  await test.step('nobody decides: what was chosen happens', async () => {
    await telephone(place, { number: billing, outcome: 'answer', ring_ms: 500, says: 'Billing here.', talk_ms: 600_000 });
    // All wait at the same time, each with another default; who is asked again has longer, and comes last.
    const ways = {
      speak: { from: '+12125550191', seconds: 5, zero: 'it is spoken', did: 'so the reply was spoken' },
      transfer: { from: '+12125550193', seconds: 5, zero: 'the caller is handed over', did: 'so the caller was handed over' },
      offer_callback: {
        from: '+12125550194',
        seconds: 5,
        zero: 'a call back is offered',
        did: 'so the caller was offered a call back',
      },
      hold_and_ask_again: {
        from: '+12125550192',
        seconds: 15,
        zero: 'the caller waits, and you are asked again',
        did: 'so the caller was asked to wait',
      },
    };
    const callers = new Map<string, Caller>();
    await page.goto('/dashboard/live');
    for (const [on_timeout, { from, seconds, zero }] of Object.entries(ways)) {
      await ask({ approval: { mode: 'every_turn', timeout_seconds: seconds, on_timeout } });
      const other = await Caller.ring(place, number, from);
      callers.set(on_timeout, other);
      await lineOf(page, from).click();
      await expect(page.getByLabel('Which replies wait for you')).toHaveValue('every_turn');
      await other.hears('What can I do for you?');
      await other.sayPolitely('Please approve pump prices.');
      await expect(card(page)).toContainText(`At zero: ${zero}`);
    }
    const said = async (way: keyof typeof ways, words: string) => callers.get(way)?.hears(words);
    const told = async (way: keyof typeof ways) => {
      await lineOf(page, ways[way].from).click();
      await expect(talk(page)).toContainText(`Nobody decided, ${ways[way].did}`);
    };
    await told('speak');
    await said('speak', 'A pump costs nine dollars.');
    await told('offer_callback');
    await said('offer_callback', 'May somebody call you back?');
    await told('transfer');
    await expect(talk(page)).toContainText('+1 415 555 0177');
    await said('transfer', 'Billing here.');
    await told('hold_and_ask_again');
    // The same reply waits again, and a person decides this time.
    await expect(card(page)).toContainText('A pump costs nine dollars.');
    await card(page).getByRole('button', { name: 'Approve' }).click();
    await said('hold_and_ask_again', 'A pump costs nine dollars.');
    for (const way of ['transfer', 'offer_callback']) {
      expect(await callers.get(way)?.heard(), way).not.toContain('nine dollars');
    }
    for (const other of callers.values()) await other.hangUp();
  });
});

test('a question that is answered, one that the agent is to decide, and what happens when nobody answers', async ({
  place,
  browsers,
}) => {
  const run = randomUUID().slice(0, 8);
  const company = await newCompany(place, 'Questions');
  const ways = {
    offer_callback: { from: '+12125550195', zero: 'it offers a call back', hears: 'Shall somebody call you back?' },
    transfer: { from: '+12125550196', zero: 'it hands the caller over', hears: 'Billing here.' },
    decide: { from: '+12125550197', zero: 'it decides itself', hears: null },
  };
  const { number, ask } = await numberOf(place, company, {
    clarification: { timeout_seconds: 10, on_timeout: 'offer_callback' },
    transfer_targets: [{ alias: 'billing', e164: billing }],
  });
  await telephone(place, { number: billing, outcome: 'answer', ring_ms: 500, says: 'Billing here.', talk_ms: 600_000 });
  await teach(place, [
    { when_contains: 'question bell', reply: 'One moment please. [[request_user:Are bells in stock?]]' },
    // Whoever is to decide thinks about these words once more.
    { when_contains: `lock ${run}`, reply: 'Let me see. [[request_user:Are locks in stock?]]', times: 1 },
    { when_contains: `lock ${run}`, reply: 'I should say we have two locks.' },
    { when_contains: 'question pump', reply: 'Let me ask. [[request_user:Are pumps in stock?]]' },
  ]);
  const page = await asAdmin(browsers, company, '/live');
  const asks = page.getByRole('region', { name: 'The agent asks' });
  // They wait side by side, each with another default.
  const callers = new Map<string, Caller>();
  for (const [on_timeout, { from, zero }] of Object.entries(ways)) {
    await ask({ clarification: { timeout_seconds: 10, on_timeout } });
    const other = await Caller.ring(place, number, from);
    callers.set(on_timeout, other);
    await lineOf(page, from).click();
    await other.hears('What can I do for you?');
    await other.sayPolitely('I have a question bell wise.');
    await expect(asks.first()).toContainText(`If nobody answers, ${zero}.`);
  }
  for (const [way, { from, hears }] of Object.entries(ways)) {
    await lineOf(page, from).click();
    await expect(asks.first()).toContainText('Are bells in stock?');
    await expect(asks.first(), 'it stays, grey').toContainText('Nobody answered in time.');
    await expect(asks.first().getByLabel('Your answer')).toHaveCount(0);
    if (hears) await callers.get(way)?.hears(hears);
  }
  for (const other of callers.values()) await other.hangUp();

  await ask({ clarification: { timeout_seconds: 60, on_timeout: 'offer_callback' } });
  const caller = await Caller.ring(place, number);
  await lineOf(page, '+14155550134').click();
  await caller.hears('What can I do for you?');
  await caller.sayPolitely(`I have a question about lock ${run}.`);
  await expect(asks.first()).toContainText('Are locks in stock?');
  await expect(asks.first().getByRole('timer')).toContainText('left');
  await page.getByRole('button', { name: 'Let it decide' }).click();
  await expect(talk(page)).toContainText('Ana Ortiz let the agent decide');
  await caller.hears('I should say we have two locks.');

  await caller.sayPolitely('I have a question pump wise.');
  await expect(asks.first()).toContainText('Are pumps in stock?');
  await page.keyboard.press('a');
  await page.keyboard.type('Yes, three of them.');
  await page.keyboard.press('Enter');
  await caller.hears('I have the answer now: Yes, three of them.');
  await expect(talk(page)).toContainText('Ana Ortiz answered: “Yes, three of them.”');
  await caller.hangUp();
});

test('two supervisors share a call; a viewer can neither act nor hear', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Shared');
  const ben = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const vera = await addMember(place, company, 'viewer', 'Vera Low');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const caller = await Caller.ring(place, number);
  await caller.hears('What can I do for you');
  // Who hears nothing for long hangs up; this agent speaks until it is stopped.
  const endless = Array.from({ length: 400 }, (_, at) => `word ${at}`).join(', ');
  await teach(place, [{ when_contains: 'shared endless', reply: endless, tokens_ms: 1_500 }]);
  await caller.sayPolitely('Something shared endless, please.');
  const hers = await asAdmin(browsers, company, '/live');
  const his = await browsers.person(ben, '/live');
  for (const page of [hers, his]) {
    await open(page);
    await expect(talk(page).locator('li[data-speaker=agent]').first()).toBeVisible();
  }
  await expect(hers.getByText('Ben Okafor watches')).toBeVisible();

  await hers.keyboard.press('c');
  await expect(hers.getByText('You have it')).toBeVisible();
  await expect(step(his).getByText('Ana Ortiz is handling this')).toBeVisible();
  await expect(step(his).getByRole('button', { name: 'Hold' })).toBeDisabled();
  await stop(his, 'console-claimed');
  // A note needs no claim; the caller never hears it.
  await his.keyboard.press('n');
  await his.getByLabel('What colleagues should know').fill('She is a regular.');
  await his.getByRole('button', { name: 'Keep the note' }).click();
  await expect(talk(hers)).toContainText('She is a regular.', { timeout: 20_000 });

  await step(his).getByRole('button', { name: 'Take it over' }).click();
  await expect(his.getByText('You have it')).toBeVisible();
  await expect(step(hers).getByText('Ben Okafor is handling this')).toBeVisible();

  await test.step('what a call with this engine cannot do is said, and writing is the way', async () => {
    await expect(his.getByText(/You cannot speak into it/)).toBeVisible();
    await his.keyboard.press('t');
    const sheet = his.getByRole('dialog', { name: 'Speak with the caller' });
    await expect(sheet).toBeVisible();
    await stop(his, 'console-takeover-keyboard');
    await sheet.getByRole('button', { name: 'Take over now' }).click();
    await expect(his.getByRole('region', { name: 'You are on the line' })).toBeVisible();
    await expect(hers.getByText('Ben Okafor speaks with the caller').first()).toBeVisible();
    await his.getByLabel("Words to say in the agent's place").fill('Ben here, I have found your order.');
    await his.keyboard.press('Enter');
    await caller.hears('Ben here, I have found your order.');
    await stop(his, 'console-on-the-line');
    // It stays on every page, and hands back from there.
    await his.getByRole('link', { name: 'Calls', exact: true }).click();
    const strip = his.getByRole('region', { name: 'You are on the line' });
    await strip.getByRole('button', { name: 'Hand back' }).click();
    await expect(strip).toHaveCount(0);
    await expect(hers.getByText('Ben Okafor speaks with the caller')).toHaveCount(0);
    await caller.say('What are your opening hours?');
    await caller.hears('nine in the morning');
  });

  const watched = await browsers.person(vera, '/live');
  await open(watched);
  await expect(watched.getByText('Your role watches calls and does not step in.')).toBeVisible();
  for (const name of ['Listen', 'Take over', 'Claim', 'Take it over', 'Hold', 'Approve', 'Let it decide']) {
    await expect(watched.getByRole('button', { name, exact: true }), name).toHaveCount(0);
  }
  for (const key of ['l', 't', 'c', 's', 'w', 'a', 'y', 'e', 'r', 'd', 'x', 'b', 'm', ';']) await watched.keyboard.press(key);
  await expect(watched.getByRole('dialog')).toHaveCount(0);
  await expect(watched.getByRole('textbox')).toHaveCount(0);
  await expect(watched.getByRole('region', { name: 'Who speaks' })).toHaveCount(0);
  await expect(watched.getByRole('status', { name: 'The call is over' })).toHaveCount(0);
  await stop(watched, 'console-viewer');
  await expect(his.getByRole('heading', { level: 1 })).toBeVisible();
  expect((await caller.report()).finished).toBe(false);
  await caller.hangUp();
});
