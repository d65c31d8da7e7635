// `test` with a product of its own, for journeys that do to it what others could not bear.
import { test as base } from './fixtures.ts';
import { Product } from './product.ts';

export const test = base.extend<{ product: Product; speed: number }>({
  /** How much faster than people the simulated people talk; those with a real voice keep to 1. */
  speed: [4, { option: true }],
  product: async ({ speed }, use, info) => {
    const product = await Product.start(info.titlePath[0]?.replace(/\W+/g, '-') ?? 'own', speed);
    await use(product);
    await product.stop();
  },
  place: async ({ product }, use) => use(product.place),
});
