// A supervisor listens to a call, takes it over by microphone, is heard by the caller, and hands it back; or dies.
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { Caller, teach } from '../product/caller.ts';
import { addMember, Api, buyNumber, newCompany } from '../product/company.ts';
import { toTheEar, watchEar } from '../product/ear.ts';
import { expect } from '../product/fixtures.ts';
import { prepareUnderstood } from '../product/microphone.ts';
import { output } from '../product/process.ts';
import { test } from '../product/real_time.ts';
import { stop } from '../product/tour.ts';
import config from '../playwright.config.ts';

test.describe.configure({ timeout: 180_000 });

const usual = config.use?.launchOptions;
/** A browser whose microphone hears this file. */
const hearing = (file: string) => ({
  ...usual,
  args: [...(usual?.args ?? []), `--use-file-for-fake-audio-capture=${file}`],
});
// Voices of these journeys alone.
const voice = join(output, 'supervisor.wav');
const endless = join(output, 'endless.wav');
test.use({ launchOptions: hearing(voice) });

const sentence = 'Your bicycle is ready, and you can fetch it today.';
const talk = (page: Page) => page.getByRole('region', { name: 'Transcript' });
const open = (page: Page) => page.getByRole('link', { name: /^Open the call of/ }).click();
const onTheLine = (page: Page) => page.getByRole('region', { name: 'You are on the line' });
const level = (page: Page, label: string) =>
  page.getByRole('meter', { name: label, exact: true }).evaluate((meter) => (meter as HTMLMeterElement).value);
const moves = (page: Page, label: string) =>
  expect
    .poll(() => level(page, label), { message: `${label} is heard`, timeout: 40_000, intervals: [100] })
    .toBeGreaterThan(10);
/** A key that is pressed before the console is there does nothing. */
const isThere = (page: Page) => expect(page.getByRole('button', { name: 'Take over', exact: true })).toBeEnabled();

/** Takes the call over by microphone, which is tried before. */
async function takeOver(page: Page): Promise<void> {
  const sheet = page.getByRole('dialog', { name: 'Speak with the caller' });
  await moves(page, 'Say something');
  await sheet.getByRole('button', { name: 'Take over now' }).click();
  await expect(onTheLine(page)).toContainText('by microphone');
}

test('listen, take over by microphone, be heard, hand back; the agent refers to it', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const number = await buyNumber(place, company, 'Friendly Helper', 'realtime');
  await teach(place, [
    { when_contains: 'story', reply: 'We began as a small shop by the harbour, and then we moved to the old mill.' },
  ]);
  await prepareUnderstood(place, sentence, 3, voice);
  const caller = await Caller.ring(place, number);
  const page = await browsers.person(company.admin, '/live', { permissions: ['microphone'] });
  await watchEar(page);
  await page.reload();
  await open(page);
  await caller.hears('What can I do for you');

  await test.step('listen: the meters move, and no microphone is open', async () => {
    await isThere(page);
    await page.keyboard.press('l');
    const levels = page.getByRole('region', { name: 'Who speaks' });
    await expect(levels).toBeVisible();
    await Promise.all([
      moves(page, 'Caller'),
      moves(page, 'Agent'),
      caller.sayPolitely('Hello, I should like to hear the whole long story of your shop.'),
    ]);
    await expect(levels.getByRole('meter', { name: 'You' })).toHaveCount(0);
    await expect(levels).toContainText(/about \d+ ms behind/);
    const api = new Api(place, company.token);
    const { answered_at } = await api.good<{ answered_at: string }>('GET', `/v1/calls/${caller.sid}`);
    const ear = await toTheEar(page, answered_at);
    const told = await levels.getByText(/ms behind/).textContent();
    test.info().annotations.push({ type: 'to the ear', description: `${told}; ${JSON.stringify(ear)}` });
    // What waits here is bounded on any machine; how quick the way to here is, is no matter of a page.
    expect(ear.pieces).toBeGreaterThan(10);
    expect(ear.waitingMs).toBeLessThanOrEqual(200);
    await stop(page, 'console-listening');
  });

  await test.step('take over: tried first, then heard by the caller, and written down', async () => {
    await page.keyboard.press('t');
    await stop(page, 'console-takeover');
    await takeOver(page);
    await expect(talk(page)).toContainText("speaks with the caller in the agent's place");
    await moves(page, 'You');
    await caller.hears('you can fetch it today.');
    await expect(talk(page).locator('li[data-speaker=supervisor]').filter({ hasText: 'fetch it today.' }).first()).toBeVisible();
    await page.keyboard.press('m');
    await expect(onTheLine(page)).toContainText('muted');
    await stop(page, 'console-speaking-oneself');
  });

  await test.step('hand back: the agent goes on, and knows what was said', async () => {
    await page.keyboard.press('b');
    const dialog = page.getByRole('dialog', { name: 'Hand the call back' });
    await dialog.getByLabel(/What the agent should know/).fill('They want Thursday.');
    await dialog.getByRole('button', { name: 'Hand back' }).click();
    await expect(onTheLine(page)).toHaveCount(0);
    await expect(talk(page)).toContainText('hands the call back: They want Thursday.');
    // The model's stand-in has these words from what it was asked with, and from nowhere else. Muting may have cut the
    // last sentence short.
    const refers = /My colleague told you: .*(bicycle|ready|fetch|today).* I was told: They want Thursday\./;
    await expect(talk(page).locator('li[data-speaker=agent]').last()).toContainText(refers);
    await caller.hears('I was told: They want Thursday.');
    expect(await caller.heard()).toMatch(refers);
  });

  await test.step('everything is in the record', async () => {
    await caller.hangUp();
    await expect(page.getByText('The call is over')).toBeVisible();
    await page.getByRole('link', { name: 'Open the record' }).click();
    const words = page.getByRole('list', { name: 'Transcript' });
    await expect(words).toContainText('fetch it today.');
    await expect(words).toContainText('I am back with you. My colleague told you: ');
    await expect(words).toContainText('hands the call back: They want Thursday.');
  });
});

test('a tab and then a whole browser die in a takeover, and the agent has the call again', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const ben = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const number = await buyNumber(place, company, 'Friendly Helper', 'realtime');
  // She never pauses for long, so that her last sound is the moment she is lost.
  await prepareUnderstood(place, sentence, 0.2, endless);
  const program = await chromium.launchServer(hearing(endless));
  const caller = await Caller.ring(place, number);
  const watcher = await browsers.person(ben, '/live');
  await open(watcher);
  const dying = await chromium.connect(program.wsEndpoint());
  const hers = await browsers.person(company.admin, '/live', { permissions: ['microphone'] }, dying);
  await open(hers);
  await caller.hears('What can I do for you');

  const losses = talk(watcher).getByText('Ana Ortiz lost the connection, so the agent has the call again.');
  /** The agent's words after the person was lost, and how long the caller heard nobody, by the carrier's clock. */
  const comesBack = async (times: number) => {
    await expect(losses).toHaveCount(times);
    const backs = async () => (await caller.heard()).split('I am back with you').length - 1;
    await expect.poll(backs, { message: 'the agent speaks again', timeout: 60_000 }).toBe(times);
    await expect(watcher.getByText('Ana Ortiz speaks with the caller')).toHaveCount(0);
    const words = (await caller.report()).heard.flatMap((line) => line.words ?? []);
    const back = words.findLastIndex(({ text }) => text === 'back') - 2;
    const silence = (words[back]?.at_ms ?? Number.NaN) - (words[back - 1]?.until_ms ?? Number.NaN);
    test.info().annotations.push({ type: 'nobody was heard for', description: `${silence} ms` });
    expect(silence, JSON.stringify(words)).toBeLessThanOrEqual(3_000);
  };

  await test.step('the tab dies', async () => {
    await isThere(hers);
    await hers.keyboard.press('t');
    await takeOver(hers);
    await expect(watcher.getByText('Ana Ortiz speaks with the caller').first()).toBeVisible();
    await caller.hears('you can fetch it today.');
    const crash = await hers.context().newCDPSession(hers);
    // The answer never comes: who would give it is gone.
    void crash.send('Page.crash').catch(() => undefined);
    await hers.waitForEvent('crash');
    await comesBack(1);
    await expect(losses.first()).toBeVisible();
    await stop(watcher, 'console-lapsed');
  });

  await test.step('a new tab offers to go on', async () => {
    const again = await hers.context().newPage();
    await again.goto('/dashboard/live');
    const offer = again.getByRole('status').filter({ hasText: 'when this window closed. The agent has the call again.' });
    await expect(offer).toContainText('+1 415 555 0134');
    await stop(again, 'takeover-offered');
    await offer.getByRole('link', { name: 'Take over again' }).click();
    await takeOver(again);
    await expect(watcher.getByText('Ana Ortiz speaks with the caller').first()).toBeVisible();
    await moves(again, 'You');
    const sentences = async () => (await caller.heard()).split('ready').length;
    const before = await sentences();
    await expect.poll(sentences, { message: 'the caller hears her again' }).toBeGreaterThan(before);
  });

  await test.step('the browser is killed', async () => {
    program.process().kill('SIGKILL');
    await comesBack(2);
  });
  await caller.sayPolitely('What are your opening hours?');
  await caller.hears('nine in the morning');
  await caller.hangUp();
});

test('a call whose sound is made at the carrier is listened to, and its limits are told', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const number = await buyNumber(place, company, 'Friendly Helper', 'relay');
  const caller = await Caller.ring(place, number);
  const page = await browsers.person(company.admin, '/live', { permissions: ['microphone'] });
  await open(page);
  await isThere(page);
  await caller.hears('What can I do for you');
  await page.keyboard.press('l');
  await expect(page.getByRole('region', { name: 'Who speaks' })).toBeVisible();
  // The carrier takes a moment to begin with its copy; the answer is long enough for that.
  await Promise.all([moves(page, 'Agent'), caller.sayPolitely('What are your opening hours, please?')]);
  await Promise.all([moves(page, 'Caller'), caller.sayPolitely('Thank you. And is there a place where I can park?')]);
  await expect(page.getByText('You cannot speak into it: its voice is made at the carrier.').first()).toBeVisible();
  await stop(page, 'console-listening-relay');
  await page.keyboard.press('t');
  const sheet = page.getByRole('dialog', { name: 'Speak with the caller' });
  await expect(sheet).toContainText('You can write, and the caller hears it.');
  await expect(sheet.getByRole('meter')).toHaveCount(0);
  await sheet.getByRole('button', { name: 'Take over now' }).click();
  await expect(onTheLine(page)).toContainText('by keyboard');
  await page.getByLabel("Words to say in the agent's place").fill('Ana here, we are open until six.');
  await page.keyboard.press('Enter');
  await caller.hears('Ana here, we are open until six.');
  await moves(page, 'Agent');
  await caller.hangUp();
});
