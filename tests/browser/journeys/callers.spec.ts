// Whom a number answers, and when: contacts come from a file, and the page of the number says what happens to others.
import { Caller } from '../product/caller.ts';
import { buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';

const file = ['Apparat;Kunde;plan;Stadt', '+1 415 555 0111;Ada Ortiz;premium;Oslo', '(415) 555-0112;Ben Low;;Rom', '12;Nobody;;', '+14155550113;Cem;gold;'];

test.describe.configure({ timeout: 300_000 });

test('contacts come from a file with a report, and a number takes only them, within its hours', async ({
  place,
  browsers,
}) => {
  const company = await newCompany(place, 'Callers');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const page = await asAdmin(browsers, company, '/contacts');

  await test.step('import with a report of every line', async () => {
    await page.getByRole('button', { name: 'Import contacts' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Import contacts' });
    const buffer = Buffer.from(file.join('\n'));
    await dialog.getByLabel('CSV file').setInputFiles({ name: 'contacts.csv', mimeType: 'text/csv', buffer });
    await expect(dialog.getByLabel('Apparat is')).toHaveValue('attribute');
    await expect(dialog.getByText('One column must be the number.')).toBeVisible();
    await dialog.getByLabel('Apparat is').selectOption('Number');
    await dialog.getByLabel('Kunde is').selectOption('Name');
    await dialog.getByRole('button', { name: 'Import 4 contacts' }).click();
    const report = dialog.getByRole('region', { name: 'What became of the file' });
    await expect(report).toContainText('2 contacts were taken in.');
    await expect(report.getByRole('row', { name: /^4 12/ })).toBeVisible();
    await expect(report.getByRole('row', { name: /^5 / })).toContainText(/plan/i);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      report.getByRole('button', { name: 'Download them with their reasons' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('refused-contacts.csv');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('row', { name: /Ada Ortiz.*\+1 415 555 0111.*Premium.*Stadt: Oslo/ })).toBeVisible();
    await page.getByLabel('Name or digits of a number').fill('0112');
    await expect(page.getByRole('row')).toHaveCount(2);
    await expect(page.getByRole('row', { name: /Ben Low/ })).toBeVisible();
  });

  await test.step('a number is checked', async () => {
    await page.getByRole('button', { name: 'Check a number' }).click();
    const dialog = page.getByRole('dialog', { name: 'Who has this number?' });
    await dialog.getByLabel('Number', { exact: true }).fill('415.555.0111');
    await dialog.getByRole('button', { name: 'Check' }).click();
    await expect(dialog.getByText('Ada Ortiz, +1 415 555 0111')).toBeVisible();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  });

  await test.step('the number takes contacts only', async () => {
    await page.goto('/dashboard/numbers');
    await page.getByRole('link', { name: /^Set up/ }).click();
    await page.getByRole('radio', { name: 'Known contacts' }).check();
    await page.getByLabel('Unknown callers hear').fill('This line is for our customers.');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved. Calls from now on go by it.')).toBeVisible();
    const stranger = await Caller.ring(place, number, '+442079460958');
    await stranger.hears('This line is for our customers.');
    await stranger.isOver();
    const ada = await Caller.ring(place, number, '+14155550111');
    await ada.hears('What can I do for you');
    await ada.hangUp();
    await ada.isOver();
  });

  await test.step('and nobody when it is closed', async () => {
    await page.getByText('Set times', { exact: true }).click();
    for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']) {
      await page.getByRole('button', { name: new RegExp(`^Take away ${day}`) }).click();
    }
    await page.getByLabel('They hear').fill('We are closed today.');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved. Calls from now on go by it.')).toBeVisible();
    const late = await Caller.ring(place, number, '+14155550111');
    await late.hears('We are closed today.');
    await late.isOver();
  });

  await test.step('the history tells them apart', async () => {
    await page.getByRole('link', { name: 'Its calls' }).click();
    await expect(page.getByRole('row')).toHaveCount(4);
    await page.getByLabel('Digits of a number').fill('2079 46');
    await expect(page.getByRole('row')).toHaveCount(2);
    await page.reload();
    await expect(page.getByRole('row')).toHaveCount(2);
    await expect(page.getByRole('row', { name: /\+44 207/ })).toContainText('could not be verified');
  });
});
