// A supervisor listens to a call, takes it over by microphone, is heard by the caller, and hands it back.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Caller, teach } from '../product/caller.ts';
import { buyNumber, newCompany } from '../product/company.ts';
import { expect } from '../product/fixtures.ts';
import { prepareMicrophone } from '../product/microphone.ts';
import { test } from '../product/own.ts';
import { output } from '../product/process.ts';
import { stop } from '../product/tour.ts';
import config from '../playwright.config.ts';

test.describe.configure({ timeout: 180_000 });

// A voice of this journey alone.
const voice = join(output, 'supervisor.wav');
const usual = config.use?.launchOptions;
test.use({
  // Sound takes its time: it is heard as it is spoken.
  speed: 1,
  launchOptions: { ...usual, args: [...(usual?.args ?? []), `--use-file-for-fake-audio-capture=${voice}`] },
});

const talk = (page: Page) => page.getByRole('region', { name: 'Transcript' });
const level = (page: Page, label: string) =>
  page.getByRole('meter', { name: label, exact: true }).evaluate((meter) => (meter as HTMLMeterElement).value);

test('listen, take over by microphone, be heard, hand back', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const number = await buyNumber(place, company, 'Friendly Helper', 'realtime');
  await teach(place, [
    { when_contains: 'story', reply: 'We began as a small shop by the harbour, and then we moved to the old mill.' },
    { when_contains: 'hours', reply: 'We are open from nine until six.' },
  ]);
  const sentence = 'Good evening, this is Ana from the workshop. Your bicycle is ready, and you can fetch it today. ';
  await prepareMicrophone(sentence.repeat(4), 1, voice);

  const caller = await Caller.ring(place, number);
  const page = await browsers.person(company.admin, '/live', { permissions: ['microphone'] });
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  await caller.hears('What can I do for you');

  await test.step('listen: the meters move, and no microphone is open', async () => {
    // A key that is pressed before the console is there does nothing.
    await expect(page.getByRole('button', { name: 'Listen', exact: true })).toBeEnabled();
    await page.keyboard.press('l');
    const levels = page.getByRole('region', { name: 'Who speaks' });
    await expect(levels).toBeVisible();
    const moves = (label: string) =>
      expect
        .poll(() => level(page, label), { message: `${label} is heard`, timeout: 40_000, intervals: [100] })
        .toBeGreaterThan(10);
    await Promise.all([
      moves('Caller'),
      moves('Agent'),
      caller.sayPolitely('Hello, I should like to hear the whole long story of your shop, if you have the time.'),
    ]);
    await expect(levels.getByRole('meter', { name: 'You' })).toHaveCount(0);
    await stop(page, 'console-listening');
  });

  await test.step('take over: tried first, then heard by the caller', async () => {
    await page.keyboard.press('t');
    const sheet = page.getByRole('dialog', { name: 'Speak with the caller' });
    await expect.poll(() => level(page, 'Say something'), { message: 'the microphone is heard', timeout: 30_000, intervals: [200] }).toBeGreaterThan(10);
    await sheet.getByRole('button', { name: 'Take over now' }).click();
    const strip = page.getByRole('region', { name: 'You are on the line' });
    await expect(strip).toContainText('by microphone');
    await expect(talk(page)).toContainText("speaks with the caller in the agent's place");
    await expect.poll(() => level(page, 'You'), { timeout: 20_000, intervals: [100] }).toBeGreaterThan(10);
    // It is written down as sound that is no speech of a machine once it falls silent.
    await expect
      .poll(async () => (await caller.report()).heard.some(({ kind }) => kind === 'sound'), {
        message: 'the caller hears the voice',
        timeout: 60_000,
      })
      .toBe(true);
    await stop(page, 'console-speaking-oneself');
    await page.keyboard.press('m');
    await expect(strip).toContainText('muted');
  });

  await test.step('hand back: the agent goes on', async () => {
    await page.keyboard.press('b');
    const dialog = page.getByRole('dialog', { name: 'Hand the call back' });
    await dialog.getByLabel(/What the agent should know/).fill('The bicycle is ready.');
    await dialog.getByRole('button', { name: 'Hand back' }).click();
    await expect(page.getByRole('region', { name: 'You are on the line' })).toHaveCount(0);
    await expect(talk(page)).toContainText('hands the call back: The bicycle is ready.');
    await caller.sayPolitely('What are your hours?');
    await caller.hears('open from nine until six');
  });
  await page.keyboard.press('t');
  await expect(page.getByRole('dialog', { name: 'Speak with the caller' })).toBeVisible();
  await stop(page, 'console-takeover');
  await caller.hangUp();
});
