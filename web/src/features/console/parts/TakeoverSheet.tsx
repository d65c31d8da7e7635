import { Keyboard, Mic } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { farEnd } from '@/lib/ended';
import { desk } from '@/supervision/the_desk';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/States';
import { isFree, useHere } from '../here';
import { MicrophoneTest } from './MicrophoneTest';

interface Props {
  open: boolean;
  onClose: () => void;
}

/** To speak with the caller oneself: by microphone, tried before, or by keyboard. */
export function TakeoverSheet({ open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('takeover.title')}
      description={t('takeover.hint')}
      place="drawer"
    >
      <Ways onClose={onClose} />
    </Dialog>
  );
}

function Ways({ onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation('console');
  const here = useHere();
  const { call, abilities, spokenBy } = here;
  const [way, setWay] = useState<'microphone' | 'keyboard'>(
    abilities.takeover_microphone ? 'microphone' : 'keyboard',
  );
  const off = !isFree(here) || spokenBy !== null;
  const byKeyboard = () => {
    void desk.take(call.id, farEnd(call), 'keyboard');
    onClose();
  };
  return (
    <div className="grid gap-4">
      {here.heldBy && <Notice kind="warn">{t('heldBy', { name: here.heldBy.name })}</Notice>}
      {way === 'microphone' ? (
        <>
          <MicrophoneTest
            off={off}
            onTake={() => {
              void desk.take(call.id, farEnd(call), 'microphone');
              onClose();
            }}
          />
          {abilities.takeover_keyboard && (
            <div className="border-t border-line pt-3">
              <Button kind="quiet" onClick={() => setWay('keyboard')}>
                <Keyboard size={16} aria-hidden="true" />
                {t('takeover.byKeyboard')}
              </Button>
            </div>
          )}
        </>
      ) : (
        <>
          {!abilities.takeover_microphone && <Notice kind="human">{t('cannot.microphone')}</Notice>}
          <p>{t('takeover.keyboardHint')}</p>
          <div className="flex flex-wrap gap-2">
            <Button kind="primary" data-first="" disabled={off} onClick={byKeyboard}>
              <Keyboard size={16} aria-hidden="true" />
              {t('takeover.now')}
            </Button>
            {abilities.takeover_microphone && (
              <Button kind="quiet" onClick={() => setWay('microphone')}>
                <Mic size={16} aria-hidden="true" />
                {t('takeover.byMicrophone')}
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  );
}
