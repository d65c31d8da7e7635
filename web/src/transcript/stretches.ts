// Who spoke when, as far as the ledger tells.
import type { Item, Speaker } from '@/live/wire';

export interface Stretch {
  key: string;
  speaker: Speaker;
  fromMs: number;
  toMs: number;
}

/** Letters spoken in a second, about. */
const pace = 15;
const shortestMs = 400;

const since = (from: string, at: string) => Date.parse(at) - Date.parse(from);

/**
 * Who spoke when. The record knows when a line began; it ends with the next line of anybody, or when its words are
 * over at a common pace, whichever is sooner.
 */
export function stretchesOf(items: readonly Item[], begin: string, lengthMs: number): Stretch[] {
  const lines = items.flatMap((item) =>
    item.kind === 'speech' && item.text ? [{ ...item, ms: since(begin, item.at) }] : [],
  );
  return lines.map(({ id, speaker, text, heard, ms }, at) => {
    const spoken = Math.max(shortestMs, ((heard ?? text).length / pace) * 1_000);
    const next = lines[at + 1]?.ms ?? lengthMs;
    const fromMs = Math.max(0, Math.min(ms, lengthMs));
    const toMs = Math.min(lengthMs, Math.max(fromMs + shortestMs, Math.min(ms + spoken, next)));
    return { key: id, speaker, fromMs, toMs };
  });
}
