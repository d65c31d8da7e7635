import { describe, expect, it } from 'vitest';
import { visibleOf } from './visible';

describe('the rows that can be seen', () => {
  it('are those of the window and a few beyond it', () => {
    expect(visibleOf(0, 600, 60, 500)).toEqual({ from: 0, to: 16 });
    expect(visibleOf(6_000, 600, 60, 500)).toEqual({ from: 94, to: 116 });
    expect(visibleOf(29_400, 600, 60, 500)).toEqual({ from: 484, to: 500 });
  });

  it('are none of an empty list, and stay within one that has shrunk', () => {
    expect(visibleOf(0, 600, 60, 0)).toEqual({ from: 0, to: 0 });
    const { from, to } = visibleOf(29_400, 600, 60, 3);
    expect(from).toBeLessThanOrEqual(to);
    expect(to).toBe(3);
  });
});
