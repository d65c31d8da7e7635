import { useTranslation } from 'react-i18next';
import { Select } from '@/ui/Field';
import { type Column, fields, type Meaning } from '../csv';

const meanings: readonly Meaning[] = [...fields, 'attribute', 'skip'];

/** Which column of the file is what; the first row is shown to tell by. */
export function Matching({
  columns,
  count,
  onChange,
}: {
  columns: readonly Column[];
  count: number;
  onChange: (columns: Column[]) => void;
}) {
  const { t } = useTranslation('contacts');
  const match = (key: string, chosen: string) => {
    const meaning = meanings.find((each) => each === chosen) ?? 'skip';
    onChange(columns.map((column) => (column.key === key ? { ...column, meaning } : column)));
  };
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium text-ink-2">{t('import.match', { count })}</legend>
      {columns.map(({ key, name, sample, meaning }) => (
        <div key={key} className="grid grid-cols-2 items-center gap-3 border-b border-line pb-2">
          <div className="min-w-0">
            <p className="truncate font-medium" dir="auto">
              {name || t('import.noHead')}
            </p>
            <p className="truncate text-xs text-ink-3" dir="auto">
              {sample || '–'}
            </p>
          </div>
          <Select
            label={t('import.is', { name: name || t('import.noHead') })}
            hideLabel
            value={meaning}
            onChange={(event) => match(key, event.target.value)}
          >
            {meanings.map((each) => (
              <option key={each} value={each}>
                {t(`import.meaning.${each}`)}
              </option>
            ))}
          </Select>
        </div>
      ))}
    </fieldset>
  );
}
