// One stop of the tour over all pages: pictures in every look, and no accessibility fault in any.
import { expect, type Locator, type Page } from '@playwright/test';
import { accessibilityFaults } from './axe.ts';
import { pictures } from './pictures.ts';

export async function stop(page: Page, name: string, show?: Locator): Promise<void> {
  const faults: string[] = [];
  const judge = async (look: string) => {
    for (const fault of await accessibilityFaults(page)) faults.push(`${look}: ${fault}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) faults.push(`${look}: the page scrolls sideways`);
    // Behind the door only the parts of a page scroll, or rail and head could be lost from sight.
    const tall = await page.evaluate(
      () => document.getElementById('content') !== null && document.documentElement.scrollHeight > innerHeight,
    );
    if (tall) faults.push(`${look}: the page scrolls as a whole`);
  };
  await pictures(page, name, judge, show);
  expect.soft(faults, name).toEqual([]);
}
