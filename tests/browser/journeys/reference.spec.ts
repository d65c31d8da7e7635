// The reference of the API, and old links.
import { Caller } from '../product/caller.ts';
import { buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';
import { pictures } from '../product/pictures.ts';

test('the reference opens under our policy and reaches nobody else', async ({ place, browsers }) => {
  const page = await (await browsers.stranger()).newPage();
  const strangers: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(place.url) && !/^(data|blob):/.test(request.url())) strangers.push(request.url());
  });
  await page.goto('/docs');
  await expect(page.getByRole('heading', { name: /Phony/ }).first()).toBeVisible();
  await expect(page.getByText('/v1/numbers').first()).toBeAttached();
  await pictures(page, 'reference');
  expect(strangers).toEqual([]);
});

test('an old link opens the console of its call', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Old Links');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const caller = await Caller.ring(place, number);
  await caller.hears('What can I do for you');
  const page = await asAdmin(browsers, company, `/index.html?callSid=${caller.sid}`);
  await expect(page.getByRole('region', { name: 'Transcript' })).toContainText('What can I do for you');
  await expect(page).toHaveURL(/\/dashboard\/live\//);
  await caller.hangUp();
  await expect(page.getByText('The caller hung up')).toBeVisible();
});
