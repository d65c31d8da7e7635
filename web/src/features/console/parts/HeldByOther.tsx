import { Hand } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { useHere } from '../here';

/** A colleague handles this call: ask for it, or take it. */
export function HeldByOther() {
  const { t } = useTranslation('console');
  const { heldBy, cut, act } = useHere();
  if (!heldBy) return null;
  const { name } = heldBy;
  return (
    <div className="flex flex-wrap items-center gap-2" role="status">
      <Hand size={15} className="text-human" aria-hidden="true" />
      <span className="font-medium">{t('heldBy', { name })}</span>
      <div className="ms-auto flex gap-2">
        <Button
          size="small"
          disabled={cut}
          onClick={() => act({ type: 'note', text: t('askNote', { name }) })}
        >
          {t('askForIt')}
        </Button>
        <Button size="small" disabled={cut} onClick={() => act({ type: 'claim', take: true })}>
          {t('takeIt')}
        </Button>
      </div>
    </div>
  );
}
