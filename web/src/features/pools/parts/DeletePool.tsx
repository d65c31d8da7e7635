import { useTranslation } from 'react-i18next';
import type { NumberPool } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { deletePool, usePoolsChanged } from '../model';

export function DeletePool({ pool, onClose }: { pool: NumberPool | null; onClose: () => void }) {
  const { t } = useTranslation('pools');
  const changed = usePoolsChanged();
  return (
    <Confirm
      open={pool !== null}
      title={t('deleteTitle', { name: pool?.name ?? '' })}
      hint={t('deleteHint')}
      submit={t('deleteSubmit')}
      run={async () => {
        if (pool) await deletePool(pool.id);
        await changed();
      }}
      onClose={onClose}
    />
  );
}
