import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { type Need, needs } from '@/live/attention';
import { NeedSign } from '@/supervision/NeedBadge';

type Chosen = Need | 'mine' | undefined;

/** What the lines need, counted; a press shows only those. A need that nobody has is left out. */
export function NeedStrip({
  counts,
  mine,
  all,
  value,
  onChange,
}: {
  counts: Readonly<Record<Need, number>>;
  mine: number;
  all: number;
  value: Chosen;
  onChange: (value: Chosen) => void;
}) {
  const { t } = useTranslation(['live', 'supervision']);
  const name = useId();
  const shown = needs.filter((need) => counts[need] > 0 || value === need);
  return (
    <fieldset className="relative flex max-w-full min-w-0 items-stretch overflow-x-auto rounded border border-line-strong bg-surface">
      <legend className="sr-only">{t('need.label')}</legend>
      <Chip name={name} on={value === undefined} onChoose={() => onChange(undefined)} count={all}>
        {t('need.all')}
      </Chip>
      {(mine > 0 || value === 'mine') && (
        <Chip name={name} on={value === 'mine'} onChoose={() => onChange('mine')} count={mine}>
          {t('need.mine')}
        </Chip>
      )}
      {shown.map((need) => (
        <Chip key={need} name={name} on={value === need} onChoose={() => onChange(need)} count={counts[need]}>
          <NeedSign need={need} />
          {t(`supervision:need.${need}`)}
        </Chip>
      ))}
    </fieldset>
  );
}

function Chip({
  name,
  on,
  count,
  onChoose,
  children,
}: {
  name: string;
  on: boolean;
  count: number;
  onChoose: () => void;
  children: ReactNode;
}) {
  return (
    <label className="relative flex min-h-8 shrink-0 cursor-pointer items-center gap-1.5 px-2.5 text-sm whitespace-nowrap text-ink-2 not-first-of-type:border-s not-first-of-type:border-line has-checked:bg-tint has-checked:font-medium has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-focus">
      <input
        type="radio"
        name={name}
        className="absolute inset-0 cursor-pointer opacity-0"
        checked={on}
        onChange={onChoose}
      />
      {children}
      <span className="fig text-ink-3">{count}</span>
    </label>
  );
}
