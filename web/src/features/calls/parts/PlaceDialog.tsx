import { useTranslation } from 'react-i18next';
import { Dialog } from '@/ui/Dialog';
import { PlaceForm } from './PlaceForm';

/** Places a call. */
export function PlaceDialog({
  open,
  ring,
  onClose,
}: {
  open: boolean;
  ring: string | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation('calls');
  return (
    <Dialog
      open={open}
      onClose={onClose}
      place="drawer"
      title={t('place.title')}
      description={t('place.hint')}
    >
      <PlaceForm ring={ring ?? ''} onClose={onClose} />
    </Dialog>
  );
}
