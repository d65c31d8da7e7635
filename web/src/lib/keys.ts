// Keys that work on a page: single letters only outside fields and only while the person wants them.
import { useEffect, useRef } from 'react';
import { preferences } from './preferences';

export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/**
 * Binds keys while the component is shown. `g l` is a sequence, `mod+k` is Ctrl or ⌘; those with `mod+` work in
 * fields too.
 */
export function useKeys(map: KeyMap): void {
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  useEffect(() => {
    let first = '';
    let firstAt = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const mod = event.ctrlKey || event.metaKey;
      const name = mod ? `mod+${event.key.toLowerCase()}` : event.key;
      if (!mod) {
        if (isTyping(event.target) || event.altKey) return;
        const single = event.key.length === 1;
        if (single && !preferences.getState().keys) return;
        if (single && document.querySelector('[role="dialog"]')) return;
      }
      const sequence = Date.now() - firstAt < 1_000 ? `${first} ${name}` : '';
      // The second letter of a way to another page is no key of this one.
      const goes = sequence.startsWith('g ');
      const run = (sequence && latest.current[sequence]) || (goes ? undefined : latest.current[name]);
      first = name;
      firstAt = Date.now();
      if (!run) return;
      event.preventDefault();
      run(event);
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

/** `j` and `k` walk the rows of a list: what carries `data-row` takes the focus, and Enter follows it. */
export function useRowKeys(): void {
  useKeys({ j: () => walk(1), k: () => walk(-1) });
}

function walk(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
}
