// The main journey: from nothing to a supervised call that is on the bill.
import { readFile } from 'node:fs/promises';
import { Caller, teach } from '../product/caller.ts';
import { freshEmail, password } from '../product/company.ts';
import { readCsv } from '../product/csv.ts';
import { expect, test } from '../product/fixtures.ts';
import { mailTo, pathOf } from '../product/mails.ts';
import { watchGrowth } from '../product/growth.ts';
import { picture } from '../product/pictures.ts';

test('sign up, buy a number, watch a call, say, answer, end, export', async ({ place, browsers }) => {
  test.setTimeout(300_000);
  const context = await browsers.stranger();
  const page = await context.newPage();

  const email = freshEmail('Ana');
  await test.step('sign up', async () => {
    await page.goto('/dashboard/signup');
    await page.getByLabel('Company').fill('Ortiz Dental');
    await page.getByLabel('Your name').fill('Ana Ortiz');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
  });

  await test.step('confirm the address', async () => {
    await expect(page.getByText(`Please confirm ${email}`)).toBeVisible();
    await page.goto(pathOf(await mailTo(place, email, /Confirm/)));
    await page.getByRole('button', { name: 'Confirm the address' }).click();
    await page.getByRole('link', { name: 'Go on' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Welcome, Ana Ortiz' })).toBeVisible();
    await expect(page.getByText(/^Please confirm/)).toHaveCount(0);
  });

  await test.step('buy a number', async () => {
    await page.getByRole('link', { name: 'Buy a number' }).click();
    const drawer = page.getByRole('dialog', { name: 'Buy a number' });
    await drawer.getByLabel('Area code').fill('415');
    await drawer.getByRole('button', { name: 'Search' }).click();
    await drawer.getByRole('button', { name: /^Choose \+1 415/ }).first().click();
    const confirm = page.getByRole('dialog', { name: /^Buy \+1 415/ });
    await confirm.getByLabel('Label').fill('Front desk');
    await confirm.getByLabel('Answered by').selectOption('Friendly Helper');
    await confirm.getByRole('button', { name: 'Buy this number' }).click();
    await expect(page.getByText(/is yours. Ring it/)).toBeVisible();
    await expect(page.getByRole('row', { name: /Front desk.*Friendly Helper.*Active/ })).toBeVisible();
  });

  const numbers = await fetch(`${place.simulator}/sim/state`).then((answer) => answer.json());
  const shown = (await page.getByRole('row', { name: /Front desk/ }).textContent()) ?? '';
  const number: string = numbers.numbers
    .map((each: { phone_number: string }) => each.phone_number)
    .find((each: string) => shown.replace(/[^\d]/g, '').includes(each.slice(1)));
  expect(number, 'the carrier sold the number that is shown').toBeTruthy();

  // Slow enough to be seen growing.
  await teach(place, [
    {
      when_contains: 'weekend brunch',
      reply: 'On Saturday and on Sunday we serve brunch from ten in the morning until two in the afternoon, with fresh bread.',
      tokens_ms: 400,
      times: 1,
    },
  ]);

  await page.getByRole('link', { name: 'Go to the live page' }).click();
  await expect(page.getByRole('heading', { name: 'No line is open' })).toBeVisible();
  const caller = await Caller.ring(place, number);

  await test.step('the wall shows the line, and it opens', async () => {
    const line = page.getByRole('list', { name: 'Live' }).getByRole('listitem');
    await expect(line).toHaveCount(1);
    await expect(line).toContainText('Friendly Helper');
    await page.getByRole('link', { name: 'Open the call of +1 415 555 0134' }).click();
    await expect(page.getByRole('region', { name: 'Transcript' })).toBeVisible();
  });
  const transcript = page.getByRole('region', { name: 'Transcript' });
  const step = page.getByRole('region', { name: 'Step in' });

  await test.step('the talk grows word by word', async () => {
    await expect(transcript.locator('li[data-speaker=agent]').first()).toBeVisible();
    const states = await watchGrowth(page, 'agent');
    await caller.sayPolitely('Do you have a weekend brunch?');
    await expect(transcript).toContainText('Do you have a weekend brunch?');
    await expect(transcript.locator('[data-loose=true]'), 'a row that is still being spoken').toBeVisible();
    await expect(transcript).toContainText('with fresh bread.');
    const grown = (await states()).filter((text) => text.startsWith('On Sat'));
    expect(grown.length, grown.join('\n')).toBeGreaterThan(4);
    const words = grown.map((text) => text.replace(/ ?…[\s\S]*$/, ''));
    for (const [at, text] of words.entries()) {
      if (at > 0) expect(text.startsWith(words[at - 1] ?? ''), `${words[at - 1]} | ${text}`).toBe(true);
    }
  });

  await test.step('what is said is heard by the caller', async () => {
    await step.getByLabel('Words to say to the caller').fill('This is Ana from the office.');
    await step.getByRole('button', { name: 'Send' }).click();
    const row = transcript.getByRole('listitem').filter({ hasText: 'This is Ana from the office.' });
    await expect(row).toContainText('You');
    await expect(row).toContainText('applied');
    await expect(row).toHaveCount(1);
    await caller.hears('This is Ana from the office.');
  });

  await test.step('a question of the agent is answered', async () => {
    await caller.sayPolitely('Is parking included?');
    const card = page.getByRole('region', { name: 'The agent asks' });
    await expect(card).toContainText('Is parking included?');
    await expect(card.getByRole('timer')).toContainText('left');
    await expect(page).toHaveTitle(/◆|Live|Call/);
    await card.getByLabel('Your answer').fill('Yes, two places behind the house.');
    await card.getByRole('button', { name: 'Send' }).click();
    await expect(card).toContainText('Ana Ortiz answered');
    await caller.hears('two places behind the house');
  });

  await picture(page, 'journey-console');

  await test.step('end with a sentence', async () => {
    await step.getByRole('button', { name: 'End call' }).click();
    const dialog = page.getByRole('dialog', { name: 'End this call?' });
    await dialog.getByLabel('Closing sentence').fill('We look forward to seeing you. Good-bye.');
    await dialog.getByRole('button', { name: 'End call' }).click();
    await caller.hears('We look forward to seeing you.');
    await expect(page.getByText('The call is over')).toBeVisible();
    await expect(page.getByText('A supervisor ended the call')).toBeVisible();
    await caller.isOver();
  });

  await test.step('the record holds the talk once', async () => {
    await page.getByRole('link', { name: 'Open the record' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Call of +1 415 555 0134' })).toBeVisible();
    const words = page.getByRole('list', { name: 'Transcript' });
    await expect(words.getByText('This is Ana from the office.')).toHaveCount(1);
    await expect(words.getByText('Do you have a weekend brunch?')).toHaveCount(1);
    await expect(words).toContainText('answered: “Yes, two places behind the house.”');
    await expect(page.getByText('A supervisor ended the call')).toBeVisible();
    await picture(page, 'journey-record');
  });

  await test.step('it is on the bill, and the bill can be taken away', async () => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Usage' }).click();
    const table = page.getByRole('table', { name: 'Usage by kind' });
    await expect(async () => {
      await page.reload();
      await expect(table.getByRole('row', { name: /minute/ }).first()).toBeVisible({ timeout: 10_000 });
    }).toPass({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Export this period as CSV' }).click();
    const ready = page.getByRole('button', { name: /^Download the export/ });
    await expect(ready).toBeVisible({ timeout: 60_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), ready.click()]);
    expect(download.suggestedFilename()).toMatch(/^usage-.*\.csv$/);
    const rows = readCsv(await readFile(await download.path(), 'utf8'));
    const ofCall = rows.filter((row) => row.call_sid === caller.sid);
    expect(ofCall.map((row) => row.sku)).toEqual(
      expect.arrayContaining(['twilio.relay_minute', 'twilio.inbound_minute']),
    );
    expect(rows.some((row) => row.sku === 'twilio.number_month')).toBe(true);
    expect(new Set(rows.map((row) => row.event_id)).size, 'no row twice').toBe(rows.length);
    const total = rows.reduce((sum, row) => sum + Number(row.amount_exact), 0);
    await expect(page.getByText(`US$${total.toFixed(2)}`).first(), 'the page shows the same total').toBeVisible();
    const jobs = page.getByRole('table', { name: 'Export jobs' });
    await expect(jobs.getByRole('row').nth(1)).toContainText(String(rows.length));
    await picture(page, 'journey-usage');
  });
});
