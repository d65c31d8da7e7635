// How words grow on a page: every state they pass through, as a person watching would see it.
import type { Page } from '@playwright/test';

declare global {
  interface Window {
    phonyGrowth?: Record<string, string[]>;
  }
}

/** Writes down the text of the newest transcript row of a speaker whenever it changes. */
export async function watchGrowth(page: Page, speaker: 'agent' | 'caller'): Promise<() => Promise<string[]>> {
  await page.evaluate((who) => {
    const states: string[] = [];
    window.phonyGrowth = { ...window.phonyGrowth, [who]: states };
    new MutationObserver(() => {
      const rows = document.querySelectorAll<HTMLElement>(`li[data-speaker="${who}"] span[dir="auto"]`);
      const text = rows[rows.length - 1]?.textContent ?? '';
      if (text && states.at(-1) !== text) states.push(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, speaker);
  return () => page.evaluate((who) => window.phonyGrowth?.[who] ?? [], speaker);
}
