// Takes the picture of a live call in the README: npm run picture. Not a test; people talk at the speed of people.
import journeys from './playwright.config.ts';

export default { ...journeys, testDir: 'picture', reporter: 'list', metadata: { speed: 1 }, timeout: 240_000 };
