// `test` with one product for all journeys of a file, in which sound takes its time: it is heard as it is spoken.
import { test as base } from './fixtures.ts';
import { Product } from './product.ts';

export const test = base.extend<object, { realTime: Product }>({
  realTime: [
    async ({}, use, info) => {
      const product = await Product.start(`real-time-${info.workerIndex}`, 1);
      await use(product);
      await product.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  place: async ({ realTime }, use) => use(realTime.place),
});
