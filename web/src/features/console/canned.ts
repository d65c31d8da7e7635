// Sentences that are said often, kept for one's own browser.

const place = 'phony.canned.v1';
const most = 20;

export function readCanned(defaults: readonly string[]): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? 'null');
    if (Array.isArray(stored)) return stored.filter((each): each is string => typeof each === 'string');
  } catch {
    // What cannot be read is not there.
  }
  return [...defaults];
}

export function keepCanned(lines: readonly string[]): string[] {
  const kept = [...new Set(lines.map((line) => line.trim()).filter(Boolean))].slice(0, most);
  try {
    localStorage.setItem(place, JSON.stringify(kept));
  } catch {
    // A full or forbidden store loses the list, not the page.
  }
  return kept;
}

/** Those that hold the words in any place, the ones that begin with them first. */
export function findCanned(lines: readonly string[], words: string): string[] {
  const wanted = words.trim().toLowerCase();
  const found = lines.filter((line) => line.toLowerCase().includes(wanted));
  return found.sort(
    (a, b) => Number(b.toLowerCase().startsWith(wanted)) - Number(a.toLowerCase().startsWith(wanted)),
  );
}
