// The picture of a live call in the README.
import { join } from 'node:path';
import { Caller, teach } from '../product/caller.ts';
import { Api, buyNumber, newCompany } from '../product/company.ts';
import { expect, test } from '../product/fixtures.ts';
import { root } from '../product/process.ts';

test('a live call', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Casa Ortiz');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const api = new Api(place, company.token);
  const list = await api.good<{ data: { id: string; e164: string }[] }>('GET', '/v1/numbers');
  const own = list.data.find((each) => each.e164 === number);
  await api.good('POST', '/v1/personalities', {
    name: 'Front desk',
    description: 'Answers the restaurant.',
    voice: 'nova',
    language: 'en-US',
    greeting: 'Casa Ortiz, good evening. What can I do for you?',
    system_prompt: 'You answer the phone of a small restaurant.',
  }).then(async (made) => {
    await api.good('PATCH', `/v1/numbers/${own?.id}`, { personality_id: (made as { id: string }).id });
  });
  await teach(place, [
    { when_contains: 'table for four', reply: 'Saturday at seven, let me look. Yes, a table for four is free. Under which name may I put it?', first_token_ms: 410 },
    { when_contains: 'vegetarian', reply: 'Thank you, Mr Reyes, that is noted. A good half of our menu is vegetarian, and the kitchen can prepare the tasting menu without meat as well.', first_token_ms: 560 },
    { when_contains: 'window', reply: 'I have put you at the window at the back. Is there anything else?', first_token_ms: 380 },
    { when_contains: 'terrace', reply: 'It is, until ten. I would bring a jacket, the evenings are cool by now.', first_token_ms: 340 },
    { when_contains: 'park', reply: 'Let me check that with my colleagues. [[request_user:Is there parking on Saturday evening?]]', first_token_ms: 470 },
    { when_contains: 'delivery', reply: 'Your order left our kitchen ten minutes ago and is on its way to you. The driver has two stops before yours, so it should reach you in about a quarter of an hour, still warm.', first_token_ms: 520, tokens_ms: 120 },
    { when_contains: 'invoice', reply: 'One moment please.', first_token_ms: 90_000 },
    { when_contains: 'lunch', reply: 'We serve lunch from noon until three, and the kitchen is open all afternoon on Sundays.', first_token_ms: 640 },
  ]);
  const page = await browsers.person(company.admin, '/live');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await expect(page.getByText('No line is open')).toBeVisible();

  const main = await Caller.ring(place, number, '+14155550134');
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  await main.hears('What can I do for you?');
  await main.sayPolitely('Hello, do you have a table for four on Saturday at seven?');
  await main.hears('Under which name');
  await main.sayPolitely('Reyes, please. One of us is a vegetarian.');
  await main.interrupt(5_200, 'That sounds good. A table by the window would be lovely.');
  await main.hears('anything else');
  const others = [];
  for (const from of ['+442079460958', '+16465550123', '+13105550177']) others.push(await Caller.ring(place, number, from));
  const [lunch, invoice, delivery] = others as [Caller, Caller, Caller];
  await main.sayPolitely('Is the terrace open in the evening?');
  await main.hears('cool by now');
  await page.getByLabel('Words to say to the caller').fill('This is Ana, your usual wine is back on the list.');
  await page.getByLabel('Words to say to the caller').press('Enter');
  await main.hears('your usual wine is back');
  await lunch.sayPolitely('When do you serve lunch?');
  await invoice.sayPolitely('I am calling about an invoice.');
  await main.sayPolitely('Oh, wonderful. And is it easy to park near you?');
  await expect(page.getByRole('region', { name: 'The agent asks' })).toBeVisible();
  await delivery.sayPolitely('Where is my delivery?');
  await expect(page.getByRole('status').filter({ hasText: 'Asks for help' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Lines' }).getByRole('link', { name: /Speaking.*310 555/ })).toBeVisible();
  await page.getByLabel('Your answer').fill('Yes, free parking in the yard behind the house');
  await page.screenshot({ path: join(root, '.github/live-call.png'), caret: 'hide' });
  for (const caller of [main, ...others]) await caller.hangUp();
});
