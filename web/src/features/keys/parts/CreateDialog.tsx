import { useTranslation } from 'react-i18next';
import { Dialog } from '@/ui/Dialog';
import { CreateForm } from './CreateForm';

interface Props {
  open: boolean;
  onClose: () => void;
  onCreated: (secret: string) => void;
}

/** Makes a key. */
export function CreateDialog({ open, onClose, onCreated }: Props) {
  const { t } = useTranslation('keys');
  return (
    <Dialog open={open} onClose={onClose} title={t('form.title')} description={t('form.hint')} place="drawer">
      <CreateForm onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}
