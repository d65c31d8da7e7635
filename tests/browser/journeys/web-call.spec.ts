// The browser is the phone: by microphone, and typed when there is none; drafts are tried before they are saved.
import type { Page } from '@playwright/test';
import { realtimeSessions, teach, teachSpeech } from '../product/caller.ts';
import { Api, newCompany } from '../product/company.ts';
import { asAdmin, expect } from '../product/fixtures.ts';
import { prepareMicrophone } from '../product/microphone.ts';
import { test } from '../product/own.ts';
import { stop } from '../product/tour.ts';

test.describe.configure({ timeout: 300_000 });
// Sound takes its time: it is heard as it is spoken.
test.use({ speed: 1 });

const talk = (page: Page) => page.getByRole('region', { name: 'Transcript' });

/** How loud somebody is, 0 to 100, as the meter says. */
const level = (page: Page, label: string) =>
  page.getByRole('meter', { name: label }).evaluate((meter) => (meter as HTMLMeterElement).value);

test('somebody talks to an agent from the browser, spoken and typed', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Ortiz Bicycles');
  const api = new Api(place, company.token);
  const made = await api.good<{ id: string }>('POST', '/v1/personalities', {
    name: 'Maya',
    voice: 'marin',
    greeting: 'Hello, this is Maya. What can I do for you today?',
    system_prompt: 'You answer the phone of a bicycle shop.',
  });
  const answer = 'I hear your voice very well. We are open until six, and on Saturday until two.';
  await prepareMicrophone('Hello Maya, until what time is your shop open on Saturday?', 9);
  await teachSpeech(place, [{ output: [{ say: answer }], times: 1 }]);

  await test.step('spoken: heard both ways', async () => {
    const page = await browsers.person(company.admin, '/live', { permissions: ['microphone'] });
    await page.getByRole('link', { name: 'Be the caller' }).first().click();
    await page.getByLabel('With whom').selectOption('Maya');
    await stop(page, 'phone-ready');
    await page.getByRole('button', { name: 'Call Maya' }).click();
    await expect(page.getByText('0:0')).toBeVisible();
    await expect(talk(page)).toContainText('Hello, this is Maya.');
    await expect.poll(() => level(page, 'Maya'), { message: 'the agent is played' }).toBeGreaterThan(20);
    // The voice is no text that the model's stand-in knows, but it is one: it waits for its end, and answers.
    await expect.poll(() => level(page, 'You'), { message: 'the microphone is heard', timeout: 60_000 }).toBeGreaterThan(20);
    await expect(talk(page).locator('li[data-speaker=caller]')).toHaveCount(1);
    await expect(talk(page)).toContainText('I hear your voice very well.', { timeout: 60_000 });
    await expect.poll(() => level(page, 'Maya'), { message: 'the answer is played' }).toBeGreaterThan(20);
    const [session] = await realtimeSessions(place);
    expect(session?.audio.bytes, 'sound of a telephone, all the time').toBeGreaterThan(8 * 8_000);

    await expect(talk(page)).toContainText('on Saturday until two.', { timeout: 60_000 });
    // A voice falls silent between two words, but not for so long.
    await expect.poll(() => level(page, 'Maya'), { timeout: 60_000, intervals: [1_500] }).toBe(0);
    await page.getByRole('button', { name: 'Mute' }).click();
    await expect(page.getByText('You are muted.')).toBeVisible();
    await page.getByRole('button', { name: 'Keys' }).click();
    for (const key of ['4', '2', '#']) await page.getByRole('button', { name: `Key ${key}`, exact: true }).click();
    await expect(talk(page)).toContainText('pressed #');
    await stop(page, 'phone-spoken');
    await page.getByRole('link', { name: 'Calls', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Hang up and leave?' });
    await question.getByRole('button', { name: 'Stay on the line' }).click();
    await expect(page.getByText('On the line')).toBeVisible();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await expect(page.getByText('You hung up')).toBeVisible();
    await page.getByRole('link', { name: 'Open the call' }).click();
    await expect(page.getByText('The caller hung up')).toBeVisible();
    await expect(page.getByRole('list', { name: 'Transcript' })).toContainText('I hear your voice very well.');
    await page.context().close();
  });

  await teach(place, [{ when_contains: 'bell', reply: 'A bell costs five dollars.' }]);
  const page = await asAdmin(browsers, company, `/personalities/${made.id}`);

  await test.step('no microphone: told why, and typed instead', async () => {
    await page.getByRole('button', { name: 'Try it' }).click();
    const phone = page.getByRole('region', { name: 'Try it' });
    await phone.getByRole('button', { name: 'Call Maya' }).click();
    await expect(phone.getByText('does not let this page use the microphone')).toBeVisible();
    await stop(page, 'phone-refused');
    await phone.getByRole('button', { name: 'Type instead' }).click();
    await expect(talk(page)).toContainText('Hello, this is Maya.');
    await phone.getByLabel('Your words').fill('What does a bell cost?');
    await phone.getByLabel('Your words').press('Enter');
    await expect(talk(page)).toContainText('What does a bell cost?');
    await expect(talk(page)).toContainText('A bell costs five dollars.');
    await stop(page, 'phone-typed');
    await phone.getByRole('button', { name: 'Hang up' }).click();
    await expect(phone.getByText('You hung up')).toBeVisible();
  });

  await test.step('a draft is tried and not saved', async () => {
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('First words').fill('Hello from a draft that nobody has saved.');
    const phone = page.getByRole('region', { name: 'Try it' });
    await phone.getByRole('button', { name: 'Call again' }).click();
    await expect(talk(page)).toContainText('Hello from a draft that nobody has saved.');
    await stop(page, 'phone-draft');
    const calls = await api.good<{ data: { id: string }[] }>('GET', '/v1/calls/live');
    const end = { action_id: 'end-1', type: 'end', say: 'Good-bye, and thank you.' };
    await api.good('POST', `/v1/calls/${calls.data[0]?.id}/actions`, end);
    await expect(phone.getByText('A supervisor ended the call')).toBeVisible();
    await expect(talk(page)).toContainText('Good-bye, and thank you.');
    const kept = await api.good<{ version: number }>('GET', `/v1/personalities/${made.id}`);
    expect(kept.version).toBe(1);
  });
});
