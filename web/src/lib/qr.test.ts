import { describe, expect, it } from 'vitest';
import { qrOf, qrPath } from './qr';

const rows = (text: string) => {
  const { side, isDark } = qrOf(text);
  return Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_, x) => (isDark(x, y) ? '#' : '.')).join(''),
  );
};

describe('a QR code', () => {
  it('is drawn module by module as another implementation draws it', () => {
    expect(rows('hello')).toEqual([
      '#######..##...#######',
      '#.....#.##....#.....#',
      '#.###.#..#.##.#.###.#',
      '#.###.#...##..#.###.#',
      '#.###.#.##..#.#.###.#',
      '#.....#.....#.#.....#',
      '#######.#.#.#.#######',
      '..........###........',
      '#.#.#.#..#.#....#..#.',
      '..#.##....#...#....##',
      '.#.#..#.###.#...#####',
      '##..#.........#....#.',
      '.##.#.##..#.#.#.#....',
      '........####.#.#..###',
      '#######...##.###..###',
      '#.....#...####.##....',
      '#.###.#.#.##.###...##',
      '#.###.#..#....##..##.',
      '#.###.#.###.#...#.#.#',
      '#.....#..#....#.#..#.',
      '#######.###.#.##...##',
    ]);
  });

  it('grows with what it holds', () => {
    const uri = `otpauth://totp/Phony:ana%40example.com?secret=${'JBSWY3DPEHPK3PXP'.repeat(2)}&issuer=Phony`;
    expect(rows(uri)).toHaveLength(41);
    expect(rows('d'.repeat(280))).toHaveLength(65);
    expect(() => qrOf('e'.repeat(400))).toThrow(/too long/);
  });

  it('becomes a path of unit squares', () => {
    const path = qrPath({ side: 2, isDark: (x, y) => x === y });
    expect(path).toBe('M0 0h1v1h-1zM1 1h1v1h-1z');
  });
});
