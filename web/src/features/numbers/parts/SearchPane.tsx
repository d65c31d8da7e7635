import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { AvailableNumber } from '@/api/types';
import { money, phone } from '@/lib/format';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Answer } from '@/ui/States';
import { countries, type NumberKind, type SearchInput, searchNumbers, yearly } from '../model';

const kinds: readonly NumberKind[] = ['local', 'toll_free', 'mobile'];
const names = new Intl.DisplayNames(undefined, { type: 'region' });

/** What is on sale, by country, area and the digits wanted. */
export function SearchPane({ onChoose }: { onChoose: (number: AvailableNumber) => void }) {
  const { t } = useTranslation('numbers');
  const [input, setInput] = useState<SearchInput>({
    country: 'US',
    area_code: '',
    contains: '',
    type: 'local',
  });
  const [asked, setAsked] = useState<SearchInput>(input);
  const found = useQuery({
    queryKey: ['available numbers', asked],
    queryFn: () => searchNumbers(asked),
    staleTime: 30_000,
  });
  const set = (change: Partial<SearchInput>) => setInput((now) => ({ ...now, ...change }));
  const search = (event: FormEvent) => {
    event.preventDefault();
    if (asked === input) void found.refetch();
    setAsked(input);
  };
  return (
    <div className="grid gap-4">
      <form onSubmit={search} className="grid grid-cols-2 items-start gap-3">
        <Select
          label={t('search.country')}
          value={input.country}
          onChange={(event) => set({ country: event.target.value })}
        >
          {countries.map((code) => (
            <option key={code} value={code}>
              {names.of(code)}
            </option>
          ))}
        </Select>
        <Select
          label={t('search.kind')}
          value={input.type}
          onChange={(event) => set({ type: event.target.value as NumberKind })}
        >
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`search.${kind}`)}
            </option>
          ))}
        </Select>
        <TextField
          label={t('search.area')}
          optional
          inputMode="numeric"
          maxLength={6}
          value={input.area_code}
          onChange={(event) => set({ area_code: event.target.value })}
        />
        <TextField
          label={t('search.contains')}
          optional
          placeholder={t('search.containsHint')}
          maxLength={12}
          value={input.contains}
          onChange={(event) => set({ contains: event.target.value })}
        />
        <div>
          <Button type="submit" kind="primary" busy={found.isFetching}>
            {t('search.submit')}
          </Button>
        </div>
      </form>
      <Answer of={found} problem={asProblem} rows={6}>
        {(numbers) =>
          numbers.length === 0 ? (
            <p className="py-6 text-center text-ink-2">{t('search.none')}</p>
          ) : (
            <ul aria-label={t('search.results')} className="border-t border-line">
              {numbers.map((number) => (
                <Offer key={number.e164} number={number} onChoose={onChoose} />
              ))}
            </ul>
          )
        }
      </Answer>
    </div>
  );
}

function Offer({
  number,
  onChoose,
}: {
  number: AvailableNumber;
  onChoose: (number: AvailableNumber) => void;
}) {
  const { t } = useTranslation('numbers');
  const { e164, locality, region, capabilities, monthly_price: price } = number;
  return (
    <li className="flex items-center gap-3 border-b border-line py-2">
      <div className="min-w-0 flex-1">
        <p className="font-mono text-xs font-medium">{phone(e164)}</p>
        <p className="flex flex-wrap items-center gap-1.5 text-sm text-ink-2">
          {[locality, region].filter(Boolean).join(', ')}
          {capabilities.voice && <Chip>{t('search.voice')}</Chip>}
          {capabilities.sms && <Chip>{t('search.sms')}</Chip>}
          {capabilities.mms && <Chip>{t('search.mms')}</Chip>}
        </p>
      </div>
      {price && (
        <div className="fig text-end">
          <p>{t('search.month', { price: money(price) })}</p>
          <p className="text-ink-3">{t('search.year', { price: money(yearly(price)) })}</p>
        </div>
      )}
      <Button
        size="small"
        aria-label={t('search.choose', { number: phone(e164) })}
        onClick={() => onChoose(number)}
      >
        {t('search.chooseShort')}
      </Button>
    </li>
  );
}
