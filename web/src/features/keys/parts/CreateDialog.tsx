import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyText } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { CreateForm } from './CreateForm';

/** Makes a key and shows its secret, this once. */
export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('keys');
  const [secret, setSecret] = useState<string | null>(null);
  const close = () => {
    setSecret(null);
    onClose();
  };
  if (secret !== null) {
    return (
      <Dialog open={open} onClose={close} title={t('shown.title')} description={t('shown.hint')} mustAnswer>
        <div className="grid gap-4">
          <CopyText text={secret} label={t('shown.label')} />
          <Buttons>
            <Button kind="primary" onClick={close}>
              {t('shown.stored')}
            </Button>
          </Buttons>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title={t('form.title')} description={t('form.hint')} place="drawer">
      <CreateForm onClose={close} onCreated={setSecret} />
    </Dialog>
  );
}
