// Which rows of a long list of equal rows can be seen: all that a wall of hundreds of lines needs to stay quick.
import { type RefObject, useEffect, useState } from 'react';

/** Rows beyond the edges, so that a quick hand does not see emptiness. */
const beyond = 6;
/** Before anything is measured. */
const firstHeight = 800;

export interface Visible {
  from: number;
  /** The first that is not shown any more. */
  to: number;
}

export function visibleOf(top: number, height: number, row: number, count: number): Visible {
  const from = Math.max(0, Math.min(count, Math.floor(top / row) - beyond));
  return { from, to: Math.max(from, Math.min(count, Math.ceil((top + height) / row) + beyond)) };
}

export function useVisible(scroller: RefObject<HTMLElement | null>, row: number, count: number): Visible {
  const [seen, setSeen] = useState({ top: 0, height: firstHeight });
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let frame = 0;
    const look = () => {
      frame = 0;
      setSeen({ top: element.scrollTop, height: element.clientHeight || firstHeight });
    };
    const soon = () => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    element.addEventListener('scroll', soon, { passive: true });
    const sizes = new ResizeObserver(soon);
    sizes.observe(element);
    return () => {
      cancelAnimationFrame(frame);
      element.removeEventListener('scroll', soon);
      sizes.disconnect();
    };
  }, [scroller]);
  return visibleOf(seen.top, seen.height, row, count);
}

/** Scrolls as little as is needed to show a row whole. */
export function scrollToRow(element: HTMLElement, row: number, index: number): void {
  const top = index * row;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + row > element.scrollTop + element.clientHeight) {
    element.scrollTop = top + row - element.clientHeight;
  }
}
