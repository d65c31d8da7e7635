// Fails when the first load of the app is heavier than agreed: scripts, styles and the two fonts, compressed.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const limits = { code: 190, withFonts: 250, routeChunk: 60 };

const size = (file) => {
  const bytes = readFileSync(new URL(file, dist));
  return file.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
};
const kib = (bytes) => (bytes / 1024).toFixed(1);

/** A chunk, what it imports at once, and their styles. */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const css of chunk.css ?? []) seen.add(css);
  for (const next of chunk.imports ?? []) filesOf(next, seen);
  return seen;
}

const first = filesOf('index.html');
const live = filesOf('src/features/live/pages/LivePage.tsx', new Set(first));
const code = [...live].reduce((sum, file) => sum + size(file), 0);
const fonts = readdirSync(new URL('assets/', dist)).filter((file) => file.endsWith('.woff2'));
const ours = fonts.filter((file) => /^(hanken-grotesk|martian-mono)-latin-wght-normal/.test(file));
const withFonts = code + ours.reduce((sum, file) => sum + size(`assets/${file}`), 0);

const faults = [];
if (ours.length !== 2) faults.push(`two fonts are expected, ${ours.length} were built`);
if (code > limits.code * 1024) faults.push(`code is ${kib(code)} KiB, ${limits.code} allowed`);
if (withFonts > limits.withFonts * 1024)
  faults.push(`with fonts ${kib(withFonts)} KiB, ${limits.withFonts} allowed`);

for (const [key, chunk] of Object.entries(manifest)) {
  // The reference page is a tool of its own and counts for nobody's first load.
  if (!chunk.isDynamicEntry || !/^src\/(features|shell)\//.test(key)) continue;
  const own = [...filesOf(key)].filter((file) => !first.has(file));
  const weight = own.reduce((sum, file) => sum + size(file), 0);
  if (weight > limits.routeChunk * 1024)
    faults.push(`${key} is ${kib(weight)} KiB, ${limits.routeChunk} allowed`);
}

process.stdout.write(`first load of /live: ${kib(code)} KiB, with fonts ${kib(withFonts)} KiB\n`);
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exitCode = 1;
}
