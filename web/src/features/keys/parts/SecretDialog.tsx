import { useTranslation } from 'react-i18next';
import { CopyText } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';

/** Shows the secret of a new key, this once. */
export function SecretDialog({ secret, onStored }: { secret: string | null; onStored: () => void }) {
  const { t } = useTranslation('keys');
  return (
    <Dialog
      open={secret !== null}
      onClose={onStored}
      title={t('shown.title')}
      description={t('shown.hint')}
      mustAnswer
    >
      <div className="grid gap-4">
        <CopyText text={secret ?? ''} label={t('shown.label')} />
        <Buttons>
          <Button kind="primary" onClick={onStored}>
            {t('shown.stored')}
          </Button>
        </Buttons>
      </div>
    </Dialog>
  );
}
