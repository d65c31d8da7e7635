// Recomputes every contrast from the tokens as they are written (web.md, the table of the look).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Rgb = [number, number, number];
const css = readFileSync('src/styles/tokens.css', 'utf8');
const pattern = /--([\w-]+):\s*light-dark\(oklch\(([^)]+)\),\s*oklch\(([^)]+)\)\)/g;

/** Linear sRGB of an OKLCH colour. */
function rgbOf(text: string): Rgb {
  const [lightness = 0, chroma = 0, hue = 0] = text.split(/\s+/).map(Number);
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const luminance = ([red, green, blue]: Rgb) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

function contrast(one: Rgb, other: Rgb): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const themes = { light: new Map<string, Rgb>(), dark: new Map<string, Rgb>() };
for (const [, name = '', light = '', dark = ''] of css.matchAll(pattern)) {
  themes.light.set(name, rgbOf(light));
  themes.dark.set(name, rgbOf(dark));
}

const texts = ['ink', 'ink-2', 'ink-3', 'brand', 'caller', 'agent', 'human', 'tool', 'ok', 'warn', 'danger'];
const grounds = ['canvas', 'surface', 'sunken'];

describe.each(Object.entries(themes))('the %s theme', (_name, colours) => {
  const colour = (name: string): Rgb => {
    const found = colours.get(name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  };

  it('has every role', () => expect(colours.size).toBe(20));

  it.each([...colours.keys()])('%s lies inside sRGB', (name) => {
    for (const part of colour(name)) {
      expect(part).toBeGreaterThan(-0.0005);
      expect(part).toBeLessThan(1.0005);
    }
  });

  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)))(
    '%s can be read on %s',
    (text, ground) => expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.8),
  );

  it.each([
    ['on-brand', 'brand'],
    ['brand', 'tint'],
    ['ink', 'tint'],
    ['ink', 'human-tint'],
    ['ink-2', 'human-tint'],
    ['ink-3', 'human-tint'],
    ['human', 'human-tint'],
    ['surface', 'danger'],
  ] as const)('%s can be read on %s', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['line-strong', 'focus'].flatMap((edge) => grounds.map((ground) => [edge, ground] as const)))(
    '%s is seen on %s',
    (edge, ground) => expect(contrast(colour(edge), colour(ground))).toBeGreaterThanOrEqual(3),
  );
});
