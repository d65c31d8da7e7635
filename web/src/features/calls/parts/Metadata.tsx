import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { Block, Facts } from '@/ui/Page';

/** What the program or person that placed the call noted with it. */
export function Metadata({ call }: { call: Call }) {
  const { t } = useTranslation('calls');
  const rows = Object.entries(call.metadata).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  if (rows.length === 0) return null;
  return (
    <Block title={t('metadata')}>
      <Facts rows={rows} />
    </Block>
  );
}
