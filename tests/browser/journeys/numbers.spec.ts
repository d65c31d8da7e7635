// Numbers and the personalities that answer them.
import { Caller } from '../product/caller.ts';
import { buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';

test('a number gets another personality and label, answers so, and is released by typing it', async ({
  place,
  browsers,
}) => {
  const company = await newCompany(place, 'Numbers');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const page = await asAdmin(browsers, company, '/numbers');
  await page.getByRole('row', { name: /Front desk/ }).getByRole('link', { name: /^Set up/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^\+1 415/ })).toBeVisible();
  await page.getByLabel('Label').fill('Emergencies');
  await page.getByLabel('Answered by').selectOption('Professional Assistant');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved. Calls from now on go by it.')).toBeVisible();
  await page.getByRole('link', { name: 'All numbers' }).click();
  const row = page.getByRole('row', { name: /Emergencies/ });
  await expect(row).toContainText('Professional Assistant');

  const caller = await Caller.ring(place, number);
  await page.goto('/dashboard/live');
  await expect(page.getByRole('list', { name: 'Live' })).toContainText('Professional Assistant');
  await caller.hangUp();
  await caller.isOver();

  await page.goto('/dashboard/numbers');
  await row.getByRole('button', { name: /^Release/ }).click();
  const release = page.getByRole('dialog', { name: /^Release \+1/ });
  const typed = release.getByLabel('Type the number to confirm');
  await typed.fill('+1 415 000 0000');
  await release.getByRole('button', { name: 'Release the number' }).click();
  await expect(release.getByText(/This is not \+1/)).toBeVisible();
  await typed.fill(number);
  await release.getByRole('button', { name: 'Release the number' }).click();
  await expect(release).toHaveCount(0);
  await expect(row).toHaveCount(0);
  const state = await fetch(`${place.simulator}/sim/state`).then((answer) => answer.json());
  const left = state.numbers.map((each: { phone_number: string }) => each.phone_number);
  expect(left, 'the carrier has it back').not.toContain(number);
});

test('personalities are listed, found and read, and one can be written', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Personalities');
  const page = await asAdmin(browsers, company, '/personalities');
  await expect(page.getByRole('main').getByRole('listitem').getByRole('heading')).toHaveCount(10);
  await page.getByLabel('Filter personalities').fill('friendly helper');
  await expect(page.getByRole('main').getByRole('listitem').getByRole('heading')).toHaveCount(1);
  await page.getByRole('link', { name: 'Friendly Helper' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Friendly Helper' })).toBeVisible();
  await expect(page.getByText("Hi there, I'm glad you called. What can I do for you?")).toBeVisible();
  await expect(page.getByText('What it is told to be')).toBeVisible();

  await page.getByRole('link', { name: 'All personalities' }).click();
  await page.getByRole('link', { name: 'Write a personality' }).click();
  await page.getByLabel('Name', { exact: true }).first().fill('Night porter');
  await page.getByLabel('First words').fill('Good evening, the night porter speaking.');
  await page.getByLabel('What it is told to be').fill('You are the night porter of a small hotel. Be brief and kind.');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Night porter' })).toBeVisible();
  await expect(page.getByText('Good evening, the night porter speaking.')).toBeVisible();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('First words').fill('Good evening, how can the night porter help?');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await expect(page.getByText(/Version 2 is saved/)).toBeVisible();
});
