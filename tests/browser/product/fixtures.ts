// `test` with people in browsers of their own, and with a guard: whatever a page complains of fails the test.
import { type Browser, type BrowserContext, type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test';
import { type Company, type Person, password } from './company.ts';
import { place as thePlace } from './place.ts';
import type { Place } from './product.ts';
import { watchPage } from './watch.ts';

export { expect };

export interface Browsers {
  /** A browser with nobody signed in. */
  stranger(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A browser in which this person is signed in, on a page of the application; in a program of its own if one is given. */
  person(who: Person, path: string, options?: BrowserContextOptions, program?: Browser): Promise<Page>;
}

interface Fixtures {
  place: Place;
  browsers: Browsers;
  /** Tells the guard of a complaint that belongs to the journey. */
  allow(complaint: RegExp): void;
}

export const test = base.extend<Fixtures & { complaints: { allowed: RegExp[]; heard: string[] } }>({
  place: async ({}, use) => use(thePlace()),
  baseURL: async ({ place }, use) => use(place.url),

  complaints: async ({}, use) => {
    const complaints = { allowed: [] as RegExp[], heard: [] as string[] };
    await use(complaints);
    const left = complaints.heard.filter((text) => !complaints.allowed.some((each) => each.test(text)));
    expect(left, 'no page complains').toEqual([]);
  },
  allow: async ({ complaints }, use) => use((complaint) => void complaints.allowed.push(complaint)),

  browsers: async ({ browser, place, complaints, contextOptions }, use) => {
    const opened: BrowserContext[] = [];
    const open = async (options: BrowserContextOptions, program: Browser = browser) => {
      const context = await program.newContext({ ...contextOptions, baseURL: place.url, ...options });
      await context.addInitScript(watchPage);
      context.on('console', (message) => {
        if (message.type() !== 'error') return;
        // Chromium's note that a page was left while its socket was being opened.
        if (message.text().includes('WebSocket is closed before the connection is established')) return;
        complaints.heard.push(`${message.text()} (${message.location().url})`);
      });
      context.on('weberror', (error) => complaints.heard.push(`not caught: ${error.error().stack}`));
      opened.push(context);
      return context;
    };
    await use({
      stranger: (options = {}) => open(options),
      async person(who, path, options = {}, program = browser) {
        const mark = { name: 'phony.signed_in.v1', value: '1' };
        const context = await open({
          ...options,
          storageState: { cookies: [], origins: [{ origin: place.url, localStorage: [mark] }] },
        }, program);
        const answer = await context.request.post('/v1/auth/login', { data: { email: who.email, password } });
        expect(answer.status(), await answer.text()).toBe(200);
        const page = await context.newPage();
        await page.goto(`/dashboard${path}`);
        return page;
      },
    });
    // A browser that was killed has nothing left to close.
    for (const context of opened) if (context.browser()?.isConnected()) await context.close();
  },
});

/** The admin of a company, signed in. */
export function asAdmin(browsers: Browsers, company: Company, path: string): Promise<Page> {
  return browsers.person(company.admin, path);
}
