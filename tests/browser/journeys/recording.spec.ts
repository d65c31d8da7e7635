// A call is recorded, and heard in the browser: parts of the file are fetched as they are needed, at any place of it.
import { Caller } from '../product/caller.ts';
import { Api, buyNumber, newCompany } from '../product/company.ts';
import { asAdmin, expect, test } from '../product/fixtures.ts';

test.describe.configure({ timeout: 300_000 });

interface Part {
  asked: string;
  status: number;
  got: string;
}

test('a recorded call is played part by part, at any place, and deleted', async ({ place, browsers }) => {
  const company = await newCompany(place, 'Recorded');
  const number = await buyNumber(place, company, 'Friendly Helper');
  const api = new Api(place, company.token);
  const { data } = await api.good<{ data: { id: string; e164: string }[] }>('GET', '/v1/numbers');
  const id = data.find((each) => each.e164 === number)?.id ?? '';
  await api.good('PATCH', `/v1/numbers/${id}`, { recording: { mode: 'always', consent: 'announce' } });

  const caller = await Caller.ring(place, number);
  await caller.hears('This call is recorded.');
  await caller.sayPolitely('What are your opening hours?');
  await expect.poll(async () => (await caller.report()).heard.length, { timeout: 60_000 }).toBeGreaterThan(2);
  await caller.sayPolitely('Thank you, that is all I wanted to know today.');
  await expect.poll(async () => (await caller.report()).heard.length, { timeout: 60_000 }).toBeGreaterThan(3);
  await caller.hangUp();
  const call = await api.good<{ id: string }>('GET', `/v1/calls/${caller.sid}`);

  const page = await asAdmin(browsers, company, `/calls/${call.id}`);
  const parts: Part[] = [];
  page.on('response', (response) => {
    if (!response.url().endsWith('/audio')) return;
    const [asked, got] = [response.request().headers().range ?? '', response.headers()['content-range'] ?? ''];
    parts.push({ asked, status: response.status(), got });
  });
  const recording = page.getByRole('article', { name: 'Recording 1' });
  const position = recording.getByRole('slider', { name: 'Position in the recording' });
  const heardTo = async () => Number(await position.inputValue());

  await test.step('it is there, and played from its beginning', async () => {
    await expect(recording).toContainText('the caller was told', { timeout: 60_000 });
    await recording.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(heardTo, { message: 'it goes on', timeout: 60_000 }).toBeGreaterThan(0.3);
    expect(parts.length).toBeGreaterThan(0);
    for (const { asked, status, got } of parts) {
      expect(asked, 'never the whole file at once').toMatch(/^bytes=\d+-\d+$/);
      expect(status).toBe(206);
      expect(got).toMatch(/^bytes \d+-\d+\/\d+$/);
    }
    await recording.getByRole('button', { name: 'Pause' }).click();
    const stopped = await heardTo();
    await expect(recording.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
    expect(await heardTo()).toBeGreaterThanOrEqual(stopped);
  });

  await test.step('and from any other place', async () => {
    const length = Number(await position.getAttribute('max'));
    expect(length).toBeGreaterThan(3);
    await position.fill(String(Math.floor(length / 2)));
    await recording.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(heardTo, { message: 'it goes on from there', timeout: 60_000 }).toBeGreaterThan(length / 2);
    expect(parts.every((part) => part.status === 206)).toBe(true);
    await recording.getByRole('button', { name: 'Pause' }).click();
  });

  await test.step('deleted, it leaves a line', async () => {
    await recording.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(recording).toContainText('Deleted on');
    await expect(recording.getByRole('button', { name: 'Play', exact: true })).toHaveCount(0);
  });
});
