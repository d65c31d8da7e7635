import { ArrowRightLeft, Grip, Pause, PhoneOff, Play } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { acts } from '@/live/live';
import { Button } from '@/ui/Button';
import { Segments, TextField } from '@/ui/Field';
import { EndDialog } from './EndDialog';
import { KeysDialog } from './KeysDialog';
import { TransferDialog } from './TransferDialog';

type Mode = 'verbatim' | 'guidance';
type When = 'now' | 'after_turn';

interface Props {
  call: Call;
  disabled: boolean;
  /** Whether the caller waits. */
  held: boolean;
}

/** Say or guide, keys, hold, transfer, end. */
export function InterveneBar({ call, disabled, held }: Props) {
  const { t } = useTranslation('console');
  const [mode, setMode] = useState<Mode>('verbatim');
  const [when, setWhen] = useState<When>('now');
  const [text, setText] = useState('');
  const [dialog, setDialog] = useState<'end' | 'keys' | 'transfer' | null>(null);
  const ends = useCan('call.end');
  const transfers = useCan('call.transfer');
  const guides = mode === 'guidance';

  const say = (event: FormEvent) => {
    event.preventDefault();
    const words = text.trim();
    if (!words || disabled) return;
    acts.act(call.id, { type: 'say', text: words, mode, when });
    setText('');
  };
  const close = () => setDialog(null);

  return (
    <section
      aria-label={t('bar')}
      className={`grid gap-2 border-t-2 px-3 py-2 md:px-4 ${guides ? 'border-t-agent bg-sunken' : 'border-t-human bg-human-tint'}`}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Segments
          label={t('mode.label')}
          value={mode}
          choices={[
            { value: 'verbatim', label: t('mode.verbatim') },
            { value: 'guidance', label: t('mode.guidance') },
          ]}
          onChange={setMode}
          disabled={disabled}
        />
        <Segments
          label={t('when.label')}
          value={when}
          choices={[
            { value: 'now', label: t('when.now') },
            { value: 'after_turn', label: t('when.after_turn') },
          ]}
          onChange={setWhen}
          disabled={disabled}
        />
        <div className="ms-auto flex gap-2">
          <Button size="small" disabled={disabled} onClick={() => setDialog('keys')}>
            <Grip size={15} aria-hidden="true" />
            {t('keys')}
          </Button>
          <Button
            size="small"
            disabled={disabled}
            onClick={() => acts.act(call.id, { type: held ? 'unhold' : 'hold' })}
          >
            {held ? <Play size={15} aria-hidden="true" /> : <Pause size={15} aria-hidden="true" />}
            {held ? t('unhold') : t('hold')}
          </Button>
          {transfers && (
            <Button size="small" disabled={disabled} onClick={() => setDialog('transfer')}>
              <ArrowRightLeft size={15} aria-hidden="true" />
              {t('transfer')}
            </Button>
          )}
          {ends && (
            <Button size="small" kind="danger" disabled={disabled} onClick={() => setDialog('end')}>
              <PhoneOff size={15} aria-hidden="true" />
              {t('end')}
            </Button>
          )}
        </div>
      </div>
      <form onSubmit={say} className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label={guides ? t('guideLabel') : t('sayLabel')}
            hideLabel
            data-say=""
            autoComplete="off"
            maxLength={1000}
            dir="auto"
            placeholder={guides ? t('guideHint') : t('sayHint')}
            value={text}
            disabled={disabled}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Button type="submit" kind="primary" disabled={disabled || !text.trim()}>
          {t('send')}
        </Button>
      </form>
      {disabled && <p className="text-sm text-warn">{t('offline')}</p>}
      <EndDialog call={call.id} open={dialog === 'end'} onClose={close} />
      <KeysDialog call={call.id} open={dialog === 'keys'} onClose={close} />
      <TransferDialog call={call} open={dialog === 'transfer'} onClose={close} />
    </section>
  );
}
