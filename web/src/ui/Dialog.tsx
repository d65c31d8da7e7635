import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { focusWithinDialog, giveFocusBack } from './focus';

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** `drawer` comes from the side and is for work, `centre` is for one question. */
  place?: 'centre' | 'drawer';
  /** A dialog that must be answered has no close button and does not close by a press outside. */
  mustAnswer?: boolean;
}

const places = {
  centre:
    'top-1/2 left-1/2 max-h-[92dvh] w-[min(480px,calc(100vw-24px))] -translate-x-1/2 -translate-y-1/2 border',
  drawer: 'inset-y-0 end-0 h-dvh w-[min(560px,100vw)] border-s',
};

export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  place = 'centre',
  mustAnswer = false,
}: Props) {
  const { t } = useTranslation();
  const below = useRef<HTMLElement | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && !mustAnswer && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 bg-[oklch(0.15_0.01_225/0.55)]" />
        <Radix.Content
          className={`fixed z-50 flex flex-col overflow-hidden rounded border-line-strong bg-surface ${places[place]}`}
          onOpenAutoFocus={(event) => {
            below.current = focusWithinDialog();
            // What a dialog is about goes before its close button: what is marked, else what is chosen or can be filled in.
            const first = firstOf(event.currentTarget as HTMLElement);
            if (!first) return;
            event.preventDefault();
            first.focus();
          }}
          // Our dialogs have no trigger of Radix's, which alone it would return to.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            giveFocusBack(below.current);
          }}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <header className="flex items-start gap-3 border-b border-line px-4 py-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-sm text-ink-2">{description}</Radix.Description>
              )}
            </div>
            {!mustAnswer && (
              <Radix.Close asChild>
                <Button kind="quiet" size="square" aria-label={t('close')}>
                  <X size={18} aria-hidden="true" />
                </Button>
              </Radix.Close>
            )}
          </header>
          <div className="relative min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const fields =
  'input:not([readonly], [type="radio"], :disabled), input[type="radio"]:checked:not(:disabled), ' +
  'select:not(:disabled), textarea:not(:disabled)';

const firstOf = (dialog: HTMLElement) =>
  dialog.querySelector<HTMLElement>('[data-first]:not(:disabled)') ??
  dialog.querySelector<HTMLElement>(fields);

/** The buttons under a dialog or form. */
export function Buttons({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2 pt-2">{children}</div>;
}
