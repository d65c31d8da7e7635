// Acts that spend money or open doors ask for the password when the sign-in is old.
import { newCompany, password } from '../product/company.ts';
import { asAdmin, expect } from '../product/fixtures.ts';
import { test } from '../product/own.ts';
import { stop } from '../product/tour.ts';

test('buying a number asks for the password, and goes on by itself', async ({ product, place, browsers, allow }) => {
  const company = await newCompany(place, 'Step Up');
  const page = await asAdmin(browsers, company, '/numbers');
  await expect(page.getByText('No number yet')).toBeVisible();
  await product.sql("UPDATE phony.sessions SET auth_at = auth_at - interval '6 minutes'");
  await page.reload();
  allow(/status of 403|status of 401|status of 422/);
  await page.getByRole('button', { name: 'Buy a number' }).first().click();
  const drawer = page.getByRole('dialog', { name: 'Buy a number' });
  await drawer.getByLabel('Area code').fill('415');
  await drawer.getByRole('button', { name: 'Search' }).click();
  await drawer.getByRole('button', { name: /^Choose/ }).first().click();
  await page.getByRole('button', { name: 'Buy this number' }).click();

  const question = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await expect(question.getByLabel('Password')).toBeFocused();
  await stop(page, 'step-up');
  await question.getByLabel('Password').fill('not the right password');
  await question.getByRole('button', { name: 'Confirm' }).click();
  await expect(question.getByText(/not right|wrong/i)).toBeVisible();
  await question.getByLabel('Password').fill(password);
  await question.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText(/is yours. Ring it/)).toBeVisible();
  const state = await fetch(`${place.simulator}/sim/state`).then((answer) => answer.json());
  expect(state.numbers, 'bought once').toHaveLength(1);
});
