import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { acts } from '@/live/live';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextArea } from '@/ui/Field';
import { useDraft } from '../drafts';

interface Props {
  call: string;
  open: boolean;
  onClose: () => void;
}

/** Asks before a call is ended, with a last sentence if wanted. */
export function EndDialog({ call, open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('endTitle')} description={t('endHint')}>
      <EndForm call={call} onClose={onClose} />
    </Dialog>
  );
}

function EndForm({ call, onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation(['console', 'common']);
  const [say, setSay] = useDraft(call, 'end');
  const end = (event: FormEvent) => {
    event.preventDefault();
    const words = say.trim();
    acts.act(call, words ? { type: 'end', say: words } : { type: 'end' });
    setSay('');
    onClose();
  };
  return (
    <form onSubmit={end} className="grid gap-3">
      <TextArea
        label={t('endSay')}
        data-first=""
        optional
        rows={2}
        maxLength={1000}
        dir="auto"
        value={say}
        onChange={(event) => setSay(event.target.value)}
      />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="grave">
          {t('end')}
        </Button>
      </Buttons>
    </form>
  );
}
