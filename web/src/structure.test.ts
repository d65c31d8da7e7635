// The rules of the folders, kept by a test: who may import whom, who may reach the network, how long a file may be.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|tsx|css)$/.test(path) && !path.endsWith('.gen.ts'))
  .map((path) => ({ path, text: readFileSync(`src/${path}`, 'utf8') }));

const product = files.filter(({ path }) => !/\.test\.tsx?$|\.fixture\.ts$|^test\//.test(path));
const feature = (path: string) => /^features\/([\w]+)\//.exec(path)?.[1];
const imports = (text: string) =>
  [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');

const faults = (among: typeof files, isFault: (file: (typeof files)[number]) => boolean) =>
  among.filter(isFault).map(({ path }) => path);

describe('the folders', () => {
  it('keep features apart', () => {
    const crossing = faults(product, ({ path, text }) => {
      const own = feature(path);
      return (
        own !== undefined &&
        imports(text).some((from) => {
          const other = /@\/features\/([\w]+)/.exec(from)?.[1];
          return other !== undefined && other !== own;
        })
      );
    });
    expect(crossing).toEqual([]);
  });

  it('keep the parts free of data and of features', () => {
    const knowing = faults(
      product,
      ({ path, text }) =>
        path.startsWith('ui/') &&
        imports(text).some((from) => /^@\/(features|live|shell|api\/(client|session))/.test(from)),
    );
    expect(knowing).toEqual([]);
  });

  it('leave fetch to the API and the socket to the live folder', () => {
    expect(
      faults(product, ({ path, text }) => /[^.\w]fetch\(/.test(text) && !path.startsWith('api/')),
    ).toEqual([]);
    expect(
      faults(product, ({ path, text }) => text.includes('new WebSocket') && !path.startsWith('live/')),
    ).toEqual([]);
  });

  it('leave markup out of the routes', () => {
    expect(
      faults(product, ({ path, text }) => path.startsWith('routes/') && /<[A-Z]\w*[\s/>]/.test(text)),
    ).toEqual([]);
  });

  it('hold no file above 400 lines', () => {
    expect(faults(files, ({ text }) => text.split('\n').length > 401)).toEqual([]);
  });

  it('use sides that follow the direction of the script', () => {
    const fixed =
      /(?<=["'`\s:])-?(?:ml|mr|pl|pr|border-l|border-r|rounded-l|rounded-r)-|text-(?:left|right)\b/;
    expect(faults(product, ({ path, text }) => path.endsWith('.tsx') && fixed.test(text))).toEqual([]);
  });
});
