// Small parts: chips, figures, a text that can be copied.
import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';

const tones = {
  plain: 'border-line text-ink-2',
  ok: 'border-ok text-ok',
  warn: 'border-warn text-warn',
  danger: 'border-danger text-danger',
  brand: 'border-brand text-brand',
  human: 'border-human text-human',
};

export function Chip({ tone = 'plain', children }: { tone?: keyof typeof tones; children: ReactNode }) {
  return (
    <span
      className={`inline-flex h-5 items-center rounded border px-1.5 text-xs whitespace-nowrap ${tones[tone]}`}
    >
      {children}
    </span>
  );
}

/** Numbers, clocks and ids: equal digits, never wrapped. */
export function Figure({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <span className="fig whitespace-nowrap">
      {label && <span className="sr-only">{label} </span>}
      {children}
    </span>
  );
}

/** Puts a text on the clipboard, and says so for a moment. */
export function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const Sign = copied ? Check : Copy;
  return (
    <Button
      onClick={() => {
        void navigator.clipboard?.writeText(text).then(() => setCopied(true));
      }}
    >
      <Sign size={16} aria-hidden="true" />
      <span aria-live="polite">{copied ? t('copied') : t('copy')}</span>
    </Button>
  );
}

export function CopyText({ text, label }: { text: string; label: string }) {
  return (
    <div className="flex items-stretch gap-2">
      <input
        readOnly
        aria-label={label}
        value={text}
        onFocus={(event) => event.target.select()}
        className="h-9 min-w-0 flex-1 rounded border border-line-strong bg-sunken px-2.5 font-mono text-xs"
      />
      <CopyButton text={text} />
    </div>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="fig inline-flex h-5 min-w-5 items-center justify-center rounded border border-line-strong px-1 text-ink-3">
      {children}
    </kbd>
  );
}

/** The key of a button, for those who see it; the button itself names it by `aria-keyshortcuts`. */
export function KeyHint({ children }: { children: ReactNode }) {
  return (
    <span
      aria-hidden="true"
      className="fig inline-flex h-4 min-w-4 items-center justify-center rounded border border-current px-0.5 max-md:hidden"
    >
      {children}
    </span>
  );
}
