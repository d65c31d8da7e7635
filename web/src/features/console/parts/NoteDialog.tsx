import type { FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextArea } from '@/ui/Field';
import { useDraft } from '../drafts';
import { useHere } from '../here';

interface Props {
  open: boolean;
  onClose: () => void;
}

/** A word for colleagues; neither the caller nor the agent knows of it. */
export function NoteDialog({ open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('note.title')} description={t('note.hint')}>
      <NoteForm onClose={onClose} />
    </Dialog>
  );
}

function NoteForm({ onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation(['console', 'common']);
  const { act, call } = useHere();
  const [text, setText] = useDraft(call.id, 'note');
  const words = text.trim();
  const keep = (event: FormEvent) => {
    event.preventDefault();
    if (!words) return;
    act({ type: 'note', text: words });
    setText('');
    onClose();
  };
  return (
    <form onSubmit={keep} className="grid gap-3">
      <TextArea
        label={t('note.label')}
        data-first=""
        rows={3}
        maxLength={1000}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) keep(event);
        }}
      />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" disabled={!words}>
          {t('note.keep')}
        </Button>
      </Buttons>
    </form>
  );
}
