// Pictures of pages, for people to look at.
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { output } from './process.ts';

const looks = [
  { name: 'light-wide', colorScheme: 'light', width: 1440, height: 900 },
  { name: 'dark-wide', colorScheme: 'dark', width: 1440, height: 900 },
  { name: 'light-narrow', colorScheme: 'light', width: 390, height: 844 },
  { name: 'dark-narrow', colorScheme: 'dark', width: 390, height: 844 },
] as const;

export function screen(name: string): string {
  return join(output, 'screens', `${name}.png`);
}

/** One picture as the page is. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: screen(name), caret: 'hide' });
}

/** The page in both themes and both sizes, with `show` at its top; `each` is run in every look. */
export async function pictures(
  page: Page,
  name: string,
  each?: (look: string) => Promise<void>,
  show?: Locator,
): Promise<void> {
  for (const { name: look, colorScheme, width, height } of looks) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => document.fonts.ready);
    await show?.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    // Two frames: the layout of this size has been painted.
    await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
    await picture(page, `${name}-${look}`);
    await each?.(look);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
}
