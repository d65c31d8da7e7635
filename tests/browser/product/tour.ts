// One stop of the tour over all pages: pictures in every look, and no accessibility fault in any.
import { expect, type Page } from '@playwright/test';
import { accessibilityFaults } from './axe.ts';
import { pictures } from './pictures.ts';

export async function stop(page: Page, name: string): Promise<void> {
  const faults: string[] = [];
  await pictures(page, name, async (look) => {
    for (const fault of await accessibilityFaults(page)) faults.push(`${look}: ${fault}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) faults.push(`${look}: the page scrolls sideways`);
  });
  expect.soft(faults, name).toEqual([]);
}
