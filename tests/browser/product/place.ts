// Where the product of this run is.
import type { Place } from './product.ts';

export function place(): Place {
  const text = process.env.PHONY_PLACE;
  if (!text) throw new Error('there is no product; run the journeys with: npm test');
  return JSON.parse(text) as Place;
}
