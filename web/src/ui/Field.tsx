import type {
  InputHTMLAttributes,
  ReactNode,
  Ref,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from 'react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';

const box =
  'w-full rounded border border-line-strong bg-surface px-2.5 text-base text-ink ' +
  'hover:border-ink-3 disabled:bg-sunken disabled:text-ink-3 aria-invalid:border-danger';

interface Frame {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  hideLabel?: boolean;
}

type Rest<T> = Omit<T, 'className' | 'style' | 'id'>;

interface Wiring {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

function Framed({
  label,
  hint,
  error,
  optional,
  hideLabel,
  children,
}: Frame & { children: (wiring: Wiring) => ReactNode }) {
  const { t } = useTranslation();
  const id = useId();
  const told = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="grid min-w-0 content-start gap-1">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'text-sm font-medium text-ink-2'}>
        {label}
        {optional && <span className="ms-1 font-normal text-ink-3">({t('optional')})</span>}
      </label>
      {children({ id, 'aria-describedby': told || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <div id={`${id}-hint`} className="text-xs text-ink-3">
          {hint}
        </div>
      )}
      <FieldFault id={`${id}-error`} text={error} />
    </div>
  );
}

/** What is wrong with a field, below it. */
export function FieldFault({ id, text }: { id: string; text: string | undefined }) {
  if (!text) return null;
  return (
    <div id={id} className="flex gap-1.5 text-sm text-danger">
      <span aria-hidden="true">×</span>
      {text}
    </div>
  );
}

type TextProps = Frame &
  Rest<InputHTMLAttributes<HTMLInputElement>> & { ref?: Ref<HTMLInputElement>; mono?: boolean };

export function TextField({ label, hint, error, optional, hideLabel, mono, ...input }: TextProps) {
  return (
    <Framed {...{ label, hint, error, optional, hideLabel }}>
      {(wiring) => (
        <input
          {...input}
          {...wiring}
          className={`${box} h-9 ${mono ? 'font-mono text-xs' : ''} ${input.type === 'file' ? 'py-1.5' : ''}`}
        />
      )}
    </Framed>
  );
}

type AreaProps = Frame &
  Rest<TextareaHTMLAttributes<HTMLTextAreaElement>> & { ref?: Ref<HTMLTextAreaElement> };

export function TextArea({ label, hint, error, optional, hideLabel, ...input }: AreaProps) {
  return (
    <Framed {...{ label, hint, error, optional, hideLabel }}>
      {(wiring) => <textarea rows={4} {...input} {...wiring} className={`${box} resize-y py-2`} />}
    </Framed>
  );
}

type SelectProps = Frame & Rest<SelectHTMLAttributes<HTMLSelectElement>> & { ref?: Ref<HTMLSelectElement> };

export function Select({ label, hint, error, optional, hideLabel, children, ...input }: SelectProps) {
  return (
    <Framed {...{ label, hint, error, optional, hideLabel }}>
      {(wiring) => (
        <select {...input} {...wiring} className={`${box} h-9`}>
          {children}
        </select>
      )}
    </Framed>
  );
}

type CheckProps = Rest<InputHTMLAttributes<HTMLInputElement>> & {
  label: ReactNode;
  hint?: string;
  ref?: Ref<HTMLInputElement>;
};

export function Check({ label, hint, ...input }: CheckProps) {
  const id = useId();
  return (
    <div className="flex min-h-7 items-start gap-2">
      <input
        {...input}
        id={id}
        type={input.type ?? 'checkbox'}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-1 size-4 shrink-0 accent-brand"
      />
      <div className="min-w-0 py-0.5">
        <label htmlFor={id}>{label}</label>
        {hint && (
          <div id={`${id}-hint`} className="text-xs text-ink-3">
            {hint}
          </div>
        )}
      </div>
    </div>
  );
}

/** A few choices side by side, one of them chosen. */
export function Segments<T extends string>({
  label,
  value,
  choices,
  onChange,
  disabled = false,
}: {
  label: string;
  value: T;
  choices: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  disabled?: boolean;
}) {
  const name = useId();
  return (
    <fieldset className="flex w-fit rounded border border-line-strong bg-surface" disabled={disabled}>
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className="relative flex min-h-7 cursor-pointer items-center px-2.5 text-sm whitespace-nowrap text-ink-2 not-first-of-type:border-s not-first-of-type:border-line has-checked:bg-tint has-checked:font-medium has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-focus"
        >
          <input
            type="radio"
            name={name}
            className="absolute inset-0 cursor-pointer opacity-0"
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}
