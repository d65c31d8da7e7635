// What each role sees, and what it is refused: by the page and, behind it, by the server.
import { Caller, teach } from '../product/caller.ts';
import { addMember, buyNumber, newCompany, password } from '../product/company.ts';
import { expect, test } from '../product/fixtures.ts';

test('a viewer sees states and figures, no words, and cannot act', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Viewers');
  const viewer = await addMember(place, company, 'viewer', 'Vera Low');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const caller = await Caller.ring(place, number);
  const page = await browsers.person(viewer, '/');
  await expect(page.getByRole('heading', { level: 1, name: 'Live' })).toBeVisible();
  const menu = page.getByRole('navigation', { name: 'Pages' });
  await expect(menu.getByRole('link', { name: 'Usage' })).toBeVisible();
  await expect(menu.getByRole('link', { name: 'API keys' })).toHaveCount(0);

  await caller.hears('What can I do for you');
  await expect(page.getByText('Words are not shown to your role.')).toBeVisible();
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  await expect(page.getByText('Your role watches calls and does not step in.')).toBeVisible();
  await expect(page.getByText(/The words of calls are not shown to your role/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Step in' })).toHaveCount(0);
  // Slow enough to be seen.
  await teach(place, [
    { when_contains: 'marigold', reply: 'That is a word which I keep to myself, and nobody hears it from me.', tokens_ms: 400, times: 1 },
  ]);
  await caller.say('My secret word is marigold.');
  await expect(page.getByRole('status').filter({ hasText: /Speaking|Thinking/ })).toBeVisible();
  await expect(page.getByText('marigold')).toHaveCount(0);

  await page.goto('/dashboard/numbers');
  await expect(page.getByRole('row', { name: /Front desk/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /Buy|Edit|Release/ })).toHaveCount(0);
  await page.goto('/dashboard/numbers?buy=true');
  await expect(page.getByRole('row', { name: /Front desk/ })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.goto('/dashboard/personalities');
  await expect(page.getByRole('link', { name: 'Friendly Helper' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Write a personality' })).toHaveCount(0);
  await page.goto('/dashboard/billing');
  await expect(page.getByRole('heading', { level: 1, name: 'Usage' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Export this period as CSV' })).toHaveCount(0);
  await page.goto('/dashboard/keys');
  await expect(page.getByText('An admin of Viewers can help.')).toBeVisible();

  // The page is courtesy; the server decides.
  const api = page.context().request;
  const session = await (await api.post('/v1/auth/login', { data: { email: viewer.email, password } })).json();
  const headers = { authorization: `Bearer ${session.access_token}` };
  for (const path of ['/v1/api_keys', `/v1/calls/${caller.sid}/items`]) {
    const answer = await api.get(path, { headers });
    expect(answer.status(), path).toBe(403);
    expect((await answer.json()).code).toBe('forbidden');
  }
  const act = { action_id: 'viewer-1', type: 'end' };
  const answer = await api.post(`/v1/calls/${caller.sid}/actions`, { headers, data: act });
  expect(answer.status()).toBe(403);
  expect((await caller.report()).finished).toBe(false);
  await caller.hangUp();
});

test('a supervisor steps into calls and is refused the administration', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Supervisors');
  const supervisor = await addMember(place, company, 'supervisor', 'Ben Okafor');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const caller = await Caller.ring(place, number);
  const page = await browsers.person(supervisor, '/live');
  await page.getByRole('link', { name: /^Open the call of/ }).click();
  const transcript = page.getByRole('region', { name: 'Transcript' });
  await expect(transcript.locator('li[data-speaker=agent]').first()).toBeVisible();

  await page.keyboard.press('s');
  await expect(page.getByLabel('Words to say to the caller')).toBeFocused();
  await page.keyboard.type('Ben speaking, one moment.');
  await page.keyboard.press('Enter');
  await expect(transcript.getByRole('listitem').filter({ hasText: 'Ben speaking' })).toContainText('applied');
  await caller.hears('Ben speaking, one moment.');

  // Nobody to hand the caller to is said, not hidden.
  await page.getByRole('button', { name: 'Transfer' }).click();
  await expect(page.getByRole('dialog', { name: 'Hand the caller over' })).toContainText(/no transfer targets|Transfer to/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'End call' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End call' }).click();
  await expect(page.getByText('A supervisor ended the call')).toBeVisible();
  expect((await caller.isOver()).ended_by).not.toBe('caller');

  await page.goto('/dashboard/keys');
  await expect(page.getByText('Needs the permission key.read')).toBeVisible();
  await page.goto('/dashboard/numbers');
  await expect(page.getByRole('row', { name: /Front desk/ })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Buy a number' })).toHaveCount(0);
});

test('another company finds nothing', async ({ place, browsers, allow }) => {
  const [ours, theirs] = [await newCompany(place, 'Ours'), await newCompany(place, 'Theirs')];
  const number = await buyNumber(place, ours, 'Friendly Helper');
  const caller = await Caller.ring(place, number);
  await caller.hears('What can I do for you');
  const page = await browsers.person(theirs.admin, '/live');
  await expect(page.getByText('No line is open')).toBeVisible();
  allow(/status of 404/);
  await page.goto(`/dashboard/calls/${caller.sid}`);
  await expect(page.getByText('There is no such thing here')).toBeVisible();
  await page.goto(`/dashboard/live/${caller.sid}`);
  await expect(page.getByText('There is no such thing here')).toBeVisible();
  await caller.hangUp();
});
