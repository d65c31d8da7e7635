// Where the focus was before dialogs came, so that it can go back there.
const holders = 'a[href], button, input, select, textarea, summary, [tabindex]:not([data-radix-focus-guard])';

let last: HTMLElement | null = null;

/** A press counts too: not every browser moves the focus to what is pressed. */
function note({ target }: Event): void {
  if (!(target instanceof Element) || target.closest('[role="dialog"]')) return;
  last = target.closest<HTMLElement>(holders) ?? last;
}

for (const kind of ['focusin', 'pointerdown'] as const) document.addEventListener(kind, note, true);

const isLost = () => document.activeElement === null || document.activeElement === document.body;

/**
 * After a dialog: back to what it was opened from, or to the heading of the page when that is gone. `within` is what
 * had the focus in the dialog below this one, if there was one.
 */
export function giveFocusBack(within: HTMLElement | null): void {
  if (within?.isConnected) within.focus({ preventScroll: true });
  // Whoever has it by now was meant to: a field of the page, or the next dialog.
  if (!isLost()) return;
  if (last?.isConnected) last.focus({ preventScroll: true });
  if (isLost()) document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}

/** What has the focus inside of a dialog, when another one opens above it. */
export function focusWithinDialog(): HTMLElement | null {
  const active = document.activeElement;
  return active instanceof HTMLElement && active.closest('[role="dialog"]') ? active : null;
}
