import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { ApiKey } from '@/api/types';
import { FormProblem } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { revokeKey, useKeysChanged } from '../model';

export function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey | null; onClose: () => void }) {
  const { t } = useTranslation(['keys', 'common']);
  const changed = useKeysChanged();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const revoke = async () => {
    if (!apiKey) return;
    setBusy(true);
    setProblem(null);
    try {
      await revokeKey(apiKey.id);
      await changed();
      close();
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (failed.code !== 'step_up_required') setProblem(failed);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={apiKey !== null}
      onClose={close}
      title={t('revokeTitle', { name: apiKey?.name ?? '' })}
      description={t('revokeHint')}
    >
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={close}>{t('common:cancel')}</Button>
        <Button kind="grave" busy={busy} onClick={() => void revoke()}>
          {t('revokeSubmit')}
        </Button>
      </Buttons>
    </Dialog>
  );
}
