import { Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { KeyHint } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { useHere } from '../here';
import { undoLast, undoStore } from '../undo';

/** What was just done, and the way back while there is one. */
export function UndoBar() {
  const { t } = useTranslation('console');
  const { call } = useHere();
  const undo = useStore(undoStore, (state) => state.undo);
  if (undo?.call !== call.id) return null;
  return (
    <div className="flex items-center gap-2 text-sm" role="status">
      <span className="text-ink-2">{t(`undo.${undo.kind}`)}</span>
      <Button size="small" kind="quiet" onClick={() => undoLast(call.id)} aria-keyshortcuts="z">
        <Undo2 size={14} aria-hidden="true" />
        {t('undo.do')} <KeyHint>z</KeyHint>
      </Button>
    </div>
  );
}
