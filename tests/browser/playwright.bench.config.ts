// Measures the wall with hundreds of real calls: npm run bench. Not a test; people talk at the speed of people, and the
// numbers say something only with optimised programs (PHONY_BIN, PHONY_SIMULATOR_BIN) on a machine that does nothing else.
import journeys from './playwright.config.ts';

export default {
  ...journeys,
  testDir: 'bench',
  globalSetup: undefined,
  reporter: 'list',
  timeout: 600_000,
};
