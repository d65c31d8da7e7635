// `test` with a product of its own, for journeys that do to it what others could not bear.
import { test as base } from './fixtures.ts';
import { Product } from './product.ts';

export const test = base.extend<{ product: Product }>({
  product: async ({}, use, info) => {
    const product = await Product.start(info.titlePath[0]?.replace(/\W+/g, '-') ?? 'own', 4);
    await use(product);
    await product.stop();
  },
  place: async ({ product }, use) => use(product.place),
});
