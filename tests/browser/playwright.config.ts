// How the browser journeys run: the system's Chromium, the real server, nothing mocked.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { defineConfig, type ReporterDescription } from '@playwright/test';
import { microphoneFile } from './product/microphone.ts';
import { output } from './product/process.ts';


function chromium(): string | undefined {
  const named = process.env.PHONY_CHROMIUM ?? process.env.CHROMIUM;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(existsSync);
}

const reporter: ReporterDescription[] = [
  ['list'],
  ['json', { outputFile: join(output, 'results.json') }],
];
const kept = process.env.CI_OUTPUT_DIR;
if (kept) reporter.push(['json', { outputFile: join(kept, 'browser', 'results.json') }]);

export default defineConfig({
  testDir: 'journeys',
  outputDir: join(output, 'failures'),
  globalSetup: './product/setup.ts',
  // Only what fails waits so long; a machine that is busy with other things may need it.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: process.env.CI !== undefined,
  workers: 2,
  reporter,
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium(),
      // The browser talks to our server only.
      args: [
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--disable-quic',
        // Who is given a microphone hears this file.
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${microphoneFile}`,
      ],
    },
  },
});
