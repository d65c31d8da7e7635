// Accessibility faults that a machine can find, in the page as it is now.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

declare global {
  interface Window {
    axe: { run(root: Document, options: object): Promise<AxeResults> };
  }
}

/** A line for each fault and place. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated rather than added as a script: our policy would refuse the tag. A page that was loaded anew has it no more.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map((node) => `${impact} ${id}: ${help}: ${node.target.join(' ')} ${node.failureSummary?.split('\n').slice(1, 3).join(' ')}`),
  );
}
