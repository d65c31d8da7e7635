import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { NumberPool } from '@/api/types';
import { FormProblem } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { deletePool, usePoolsChanged } from '../model';

export function DeletePool({ pool, onClose }: { pool: NumberPool | null; onClose: () => void }) {
  const { t } = useTranslation(['pools', 'common']);
  const changed = usePoolsChanged();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const remove = async () => {
    if (!pool) return;
    setBusy(true);
    setProblem(null);
    try {
      await deletePool(pool.id);
      await changed();
      close();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={pool !== null}
      onClose={close}
      title={t('deleteTitle', { name: pool?.name ?? '' })}
      description={t('deleteHint')}
    >
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={close}>{t('common:cancel')}</Button>
        <Button kind="grave" busy={busy} onClick={() => void remove()}>
          {t('deleteSubmit')}
        </Button>
      </Buttons>
    </Dialog>
  );
}
