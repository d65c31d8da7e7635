// Names with values, as many as wanted: variables, metadata, attributes.
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { TextField } from './Field';

export interface Pair {
  key: string;
  name: string;
  value: string;
  /** Its name is given, and it cannot be taken away. */
  fixed?: boolean;
}

let made = 0;

export function pairOf(name = '', value = '', fixed = false): Pair {
  made += 1;
  return { key: `pair ${made}`, name, value, fixed };
}

export function pairsOf(record: Readonly<Record<string, unknown>>): Pair[] {
  return Object.entries(record).map(([name, value]) => pairOf(name, String(value)));
}

/** Rows without a name or a value are left out, unless they were asked for. */
export function recordOf(pairs: readonly Pair[]): Record<string, string> {
  const filled = pairs.filter(({ name, value }) => name.trim() && value.trim());
  return Object.fromEntries(filled.map(({ name, value }) => [name.trim(), value.trim()]));
}

export function Pairs({
  label,
  hint,
  add,
  pairs,
  faultOf,
  fault,
  onChange,
}: {
  label: string;
  hint?: string;
  add: string;
  pairs: readonly Pair[];
  faultOf?: (name: string) => string | undefined;
  fault?: string;
  onChange: (pairs: Pair[]) => void;
}) {
  const { t } = useTranslation();
  const change = (key: string, to: Partial<Pair>) =>
    onChange(pairs.map((pair) => (pair.key === key ? { ...pair, ...to } : pair)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium text-ink-2">{label}</legend>
      {hint && <p className="text-xs text-ink-3">{hint}</p>}
      {fault && (
        <p role="alert" className="text-sm text-danger">
          × {fault}
        </p>
      )}
      {pairs.map((pair) => (
        <div key={pair.key} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_36px] items-start gap-2">
          <TextField
            label={t('pairs.name')}
            hideLabel
            mono
            placeholder={t('pairs.name')}
            readOnly={pair.fixed}
            maxLength={64}
            value={pair.name}
            onChange={(event) => change(pair.key, { name: event.target.value })}
          />
          <TextField
            label={pair.name ? t('pairs.valueOf', { name: pair.name }) : t('pairs.value')}
            hideLabel
            dir="auto"
            placeholder={t('pairs.value')}
            maxLength={500}
            value={pair.value}
            error={pair.name ? faultOf?.(pair.name) : undefined}
            onChange={(event) => change(pair.key, { value: event.target.value })}
          />
          {!pair.fixed && (
            <Button
              size="square"
              kind="quiet"
              aria-label={t('pairs.remove', { name: pair.name || t('pairs.unnamed') })}
              onClick={() => onChange(pairs.filter(({ key }) => key !== pair.key))}
            >
              ×
            </Button>
          )}
        </div>
      ))}
      <div>
        <Button size="small" onClick={() => onChange([...pairs, pairOf()])}>
          {add}
        </Button>
      </div>
    </fieldset>
  );
}
