import { expect, test } from 'vitest';
import { Behind } from './behind';

test('a piece, its way, what waits and the speaker add up; whose clock is right does not matter', () => {
  const behind = new Behind();
  expect(behind.ms(80, 20)).toBeNull();
  behind.roundTrip(30);
  for (let at = 0; at < 100; at += 1) behind.came('caller', at * 100, 800, 5_000 + at * 100 + 100);
  expect(behind.ms(80, 20)).toBe(100 + 15 + 80 + 20);
  // The other voice has a clock that is set otherwise.
  for (let at = 0; at < 100; at += 1) behind.came('agent', 700 + at * 100, 800, 5_000 + at * 100 + 100);
  expect(behind.ms(80, 20)).toBe(215);
});

test('pieces that come late are behind by that', () => {
  const behind = new Behind();
  behind.came('caller', 0, 800, 100);
  for (let at = 1; at < 200; at += 1) behind.came('caller', at * 100, 800, at * 100 + 150);
  expect(behind.ms(0, 0)).toBe(150);
  behind.clear();
  expect(behind.ms(0, 0)).toBeNull();
});
