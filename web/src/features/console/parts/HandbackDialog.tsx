import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { desk } from '@/supervision/the_desk';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextArea } from '@/ui/Field';
import { useDraft } from '../drafts';
import { useHere } from '../here';

interface Props {
  open: boolean;
  onClose: () => void;
}

/** Gives the call back to the agent, with a word about what it should know. */
export function HandbackDialog({ open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('handback.title')} description={t('handback.hint')}>
      <HandbackForm onClose={onClose} />
    </Dialog>
  );
}

function HandbackForm({ onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation(['console', 'common']);
  const { call } = useHere();
  const [note, setNote] = useDraft(call.id, 'handback');
  const send = (event: FormEvent) => {
    event.preventDefault();
    desk.handBack(note.trim());
    setNote('');
    onClose();
  };
  return (
    <form onSubmit={send} className="grid gap-3">
      <TextArea
        label={t('handback.note')}
        optional
        data-first=""
        rows={3}
        maxLength={1000}
        dir="auto"
        value={note}
        onChange={(event) => setNote(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event);
        }}
      />
      <Buttons>
        <Button onClick={onClose}>{t('handback.stay')}</Button>
        <Button type="submit" kind="primary">
          {t('handback.do')}
        </Button>
      </Buttons>
    </form>
  );
}
