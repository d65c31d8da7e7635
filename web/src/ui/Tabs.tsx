// Sister pages side by side under one heading.
import { createLink } from '@tanstack/react-router';
import { type AnchorHTMLAttributes, type ReactNode, type Ref, useEffect, useRef } from 'react';

export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = nav;
    if (!current) return;
    // On a narrow screen the page that is open may be one whose tab is out of sight.
    const show = () => {
      const tab = current.querySelector('[aria-current="page"]');
      if (!tab) return;
      const [inside, around] = [tab.getBoundingClientRect(), current.getBoundingClientRect()];
      current.scrollLeft += inside.left + inside.width / 2 - around.left - around.width / 2;
    };
    show();
    const watch = new ResizeObserver(show);
    watch.observe(current);
    return () => watch.disconnect();
  });
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="shrink-0 overflow-x-auto border-b border-line bg-canvas [scrollbar-width:none]"
    >
      <ul className="flex w-max gap-5 px-4 md:px-6">{children}</ul>
    </nav>
  );
}

type AnchorProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'className' | 'style'> & {
  ref?: Ref<HTMLAnchorElement>;
};

function TabAnchor(props: AnchorProps) {
  return (
    <li>
      <a
        {...props}
        className="-mb-px flex h-9 items-center border-b-2 border-transparent whitespace-nowrap text-ink-2 hover:text-ink aria-[current=page]:border-brand aria-[current=page]:font-medium aria-[current=page]:text-ink"
      />
    </li>
  );
}

export const TabLink = createLink(TabAnchor);
