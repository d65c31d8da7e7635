// Before the first journey: one product for all of them. After the last: its end, and the pictures go where CI keeps things.
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FullConfig } from '@playwright/test';
import { output, root } from './process.ts';
import { Product } from './product.ts';

export default async function setup(config: FullConfig): Promise<() => Promise<void>> {
  if (!existsSync(join(root, 'web/dist/index.html'))) {
    throw new Error('web/dist is missing; build it with: npm run build, in web/');
  }
  for (const folder of ['screens', 'logs']) rmSync(join(output, folder), { recursive: true, force: true });
  const product = await Product.start('journeys', Number(config.metadata.speed ?? 4));
  process.env.PHONY_PLACE = JSON.stringify(product.place);
  return async () => {
    await product.stop();
    const kept = process.env.CI_OUTPUT_DIR;
    const screens = join(output, 'screens');
    if (kept && existsSync(screens)) cpSync(screens, join(kept, 'browser', 'screens'), { recursive: true });
  };
}
