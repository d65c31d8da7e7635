// The wall with five hundred real calls, all of them talking: is it smooth, and how does it look?
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { buyNumber, newCompany, password } from '../product/company.ts';
import { pictures } from '../product/pictures.ts';
import { output } from '../product/process.ts';
import { Product } from '../product/product.ts';
import { openFloor } from './floor.ts';
import { countInPage, type Stretch, stretch } from './stretch.ts';

const calls = Number(process.env.PHONY_BENCH_CALLS ?? 500);
const seconds = 10;

test('the wall with hundreds of calls', async ({ browser }) => {
  const product = await Product.start('wall', 1);
  try {
    const { place } = product;
    const company = await newCompany(place, 'Sun Dental Group');
    await product.sql("UPDATE phony.tenants SET plan = 'enterprise'");
    const numbers = [];
    for (const personality of ['Friendly Helper', 'Order Desk', 'Receptionist'])
      numbers.push(await buyNumber(place, company, personality).catch(() => buyNumber(place, company, 'Friendly Helper')));
    await openFloor(place, numbers, calls);

    const mark = { name: 'phony.signed_in.v1', value: '1' };
    const context = await browser.newContext({
      baseURL: place.url,
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      storageState: { cookies: [], origins: [{ origin: place.url, localStorage: [mark] }] },
    });
    await context.addInitScript(countInPage);
    await context.request.post('/v1/auth/login', { data: { email: company.admin.email, password } });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const opened = performance.now();
    await page.goto('/dashboard/live');
    const list = page.getByRole('list', { name: 'Live' });
    await expect(list.getByRole('listitem').first()).toHaveAttribute('aria-setsize', String(calls));
    const usableMs = Math.round(performance.now() - opened);

    const rest = (ms: number) => page.waitForTimeout(ms);
    const results: Stretch[] = [];
    const note = async (what: string, work: () => Promise<void>) => {
      const result = await stretch(page, session, what, work);
      results.push(result);
      console.log(JSON.stringify(result));
    };
    await rest(3_000);
    await note('watching', () => rest(seconds * 1_000));
    await page.mouse.move(700, 500);
    await note('scrolling', async () => {
      for (let turn = 0; turn < seconds * 10; turn += 1) {
        await page.mouse.wheel(0, turn % 40 < 20 ? 700 : -700);
        await rest(100);
      }
    });
    const words = page.getByRole('searchbox');
    await note('filtering', async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await words.pressSequentially('+1415556', { delay: 120 });
        await page.getByLabel('State').selectOption('speaking');
        await rest(1_000);
        await page.getByLabel('State').selectOption('');
        await words.fill('');
        await rest(600);
      }
    });
    await page.mouse.move(5, 5);
    await note('watching again', () => rest(seconds * 1_000));
    await words.blur();
    await list.getByRole('listitem').first().evaluate((row) => row.closest('.overflow-y-auto')?.scrollTo(0, 0));
    await pictures(page, 'wall-500');
    writeFileSync(join(output, 'wall.json'), JSON.stringify({ calls, usable_ms: usableMs, results }, null, 2));
    console.log(`usable after ${usableMs} ms`);
  } finally {
    await product.stop();
  }
});
