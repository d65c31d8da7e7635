// The server dies while somebody watches. Nothing that was said may be lost or shown twice.
import { Caller, teach } from '../product/caller.ts';
import { buyNumber, newCompany } from '../product/company.ts';
import { expect } from '../product/fixtures.ts';
import { test } from '../product/own.ts';
import { picture } from '../product/pictures.ts';

test('the server is killed and started again mid-watch', async ({ product, place, browsers, allow }) => {
  test.setTimeout(300_000);
  allow(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to/);
  const company = await newCompany(place, 'Restart');
  const number = await buyNumber(place, company, 'Friendly Helper');
  await teach(place, [{ when_contains: 'number', reply: 'I have noted that: {said}' }]);
  const caller = await Caller.ring(place, number);
  const page = await browsers.person(company.admin, '/live');
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  const transcript = page.getByRole('region', { name: 'Transcript' });
  await expect(transcript.locator('li[data-speaker=agent]').first()).toBeVisible();
  for (const word of ['one', 'two', 'three']) {
    await caller.sayPolitely(`This is sentence number ${word}.`);
    await caller.hears(`I have noted that: This is sentence number ${word}.`);
  }
  await expect(transcript).toContainText('I have noted that: This is sentence number three.');

  await product.crash();
  const strip = page.getByRole('status').filter({ hasText: /Reconnecting: showing \d/ });
  await expect(strip).toBeVisible();
  await expect(transcript, 'what was there stays').toContainText('I have noted that: This is sentence number three.');

  await product.restart('restart');
  await expect(strip).toHaveCount(0, { timeout: 60_000 });
  // The carrier found nobody to ask how to go on, so the call has an end, and the page is told of it.
  await expect(page.getByRole('status', { name: 'The call is over' })).toBeVisible({ timeout: 60_000 });
  await picture(page, 'console-after-restart');
  for (const word of ['one', 'two', 'three']) {
    for (const text of [`This is sentence number ${word}.`, `I have noted that: This is sentence number ${word}.`]) {
      await expect(transcript.getByText(text, { exact: true }), text).toHaveCount(1);
    }
  }
  await page.getByRole('link', { name: 'Open the record' }).click();
  const record = page.getByRole('list', { name: 'Transcript' });
  for (const word of ['one', 'two', 'three']) {
    for (const text of [`This is sentence number ${word}.`, `I have noted that: This is sentence number ${word}.`]) {
      await expect(record.getByText(text, { exact: true }), text).toHaveCount(1);
    }
  }
});
