import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Select } from '@/ui/Field';

/** Who answers. */
export function PersonalitySelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { t } = useTranslation('numbers');
  const list = $api.useQuery('get', '/v1/personalities', { params: { query: { limit: 100 } } });
  const shown = value || list.data?.data.find((each) => each.preset === 'professional_assistant')?.id || '';
  return (
    <Select
      label={t('personality')}
      value={shown}
      disabled={!list.data}
      onChange={(event) => onChange(event.target.value)}
    >
      {!shown && <option value="">{t('choose')}</option>}
      {list.data?.data.map((personality) => (
        <option key={personality.id} value={personality.id}>
          {personality.name}
        </option>
      ))}
    </Select>
  );
}
