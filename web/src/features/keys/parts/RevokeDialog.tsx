import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { revokeKey, useKeysChanged } from '../model';

export function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const { t } = useTranslation('keys');
  const changed = useKeysChanged();
  return (
    <Confirm
      open={apiKey !== null}
      title={t('revokeTitle', { name: apiKey?.name ?? '' })}
      hint={t('revokeHint')}
      submit={t('revokeSubmit')}
      run={async () => {
        if (apiKey) await revokeKey(apiKey.id);
        await changed();
      }}
      onClose={onClose}
    />
  );
}
