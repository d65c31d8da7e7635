import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { byName } from '@/lib/countries';
import { Select } from '@/ui/Field';

/** The country in which numbers without a country code are read: the company's own until another is chosen. */
export function useCountry() {
  const [chosen, setChosen] = useState<string | null>(null);
  const tenant = $api.useQuery('get', '/v1/tenant', {}, { staleTime: 60_000 });
  return { country: chosen ?? tenant.data?.outbound_policy.home_country ?? 'US', setCountry: setChosen };
}

export function Country({
  value,
  error,
  onChange,
}: {
  value: string;
  error: string | undefined;
  onChange: (country: string) => void;
}) {
  const { t } = useTranslation('contacts');
  return (
    <Select
      label={t('country')}
      hint={t('countryHint')}
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value)}
    >
      {byName().map(({ code, name }) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </Select>
  );
}
