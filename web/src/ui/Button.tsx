import { createLink } from '@tanstack/react-router';
import { cva, type VariantProps } from 'class-variance-authority';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode, Ref } from 'react';

const look = cva(
  'inline-flex items-center justify-center gap-2 rounded border font-medium whitespace-nowrap select-none ' +
    'transition-colors duration-90 disabled:cursor-not-allowed disabled:opacity-55',
  {
    variants: {
      kind: {
        primary: 'border-brand bg-brand text-on-brand hover:not-disabled:opacity-90',
        plain: 'border-line-strong bg-surface text-ink hover:not-disabled:bg-sunken',
        quiet:
          'border-transparent bg-transparent text-ink-2 hover:not-disabled:bg-sunken hover:not-disabled:text-ink',
        danger: 'border-danger bg-surface text-danger hover:not-disabled:bg-sunken',
        grave: 'border-danger bg-danger text-surface hover:not-disabled:opacity-90',
      },
      size: {
        base: 'min-h-9 px-3 text-base',
        small: 'min-h-7 px-2 text-sm',
        square: 'size-9 p-0',
        little: 'size-7 p-0',
        wide: 'min-h-10 w-full px-4 text-base',
      },
    },
    defaultVariants: { kind: 'plain', size: 'base' },
  },
);

type Look = VariantProps<typeof look>;
type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'style'> &
  Look & { busy?: boolean; ref?: Ref<HTMLButtonElement> };

export function Button({
  kind,
  size,
  busy = false,
  disabled,
  type = 'button',
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={look({ kind, size })}
    >
      {busy && <Spinner />}
      {children}
    </button>
  );
}

function Spinner() {
  return (
    <svg viewBox="0 0 16 16" className="size-3.5 animate-spin" aria-hidden="true">
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="20 40" />
    </svg>
  );
}

type AnchorProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'className' | 'style'> &
  Look & { ref?: Ref<HTMLAnchorElement>; children?: ReactNode };

function Anchor({ kind, size, ...rest }: AnchorProps) {
  return <a {...rest} className={look({ kind, size })} />;
}

/** A link that looks like a button. */
export const ButtonLink = createLink(Anchor);

function TextAnchor(props: Omit<AnchorProps, 'kind' | 'size'>) {
  return (
    <a
      {...props}
      className="text-brand underline decoration-line-strong underline-offset-3 hover:decoration-current"
    />
  );
}

export const TextLink = createLink(TextAnchor);
