import { Circle, Pause, Play, Square } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { useCan } from '@/lib/hooks';
import { acts } from '@/live/live';
import type { RecordOp } from '@/live/wire';
import { Button } from '@/ui/Button';
import './strings';

interface Props {
  call: string;
  /** What the call's newest recording does, as its live snapshot says; nothing is a call that had none. */
  recording: string | null | undefined;
  /** The call is over, or the line to the server is. */
  disabled?: boolean;
}

/** Record, pause, resume, stop: for the console of a live call. */
export function RecordingControls({ call, recording, disabled = false }: Props) {
  const { t } = useTranslation('recordings');
  const writes = useCan('recording.write');
  const [last, setLast] = useState<string | null>(null);
  const act = useStore(acts.store, (state) => (last ? state.acts[last] : undefined));
  const runs = recording === 'recording' || recording === 'paused';
  const busy = act?.status === 'sending' || act?.status === 'accepted';
  const order = (op: RecordOp) => setLast(acts.act(call, { type: 'record', op }));
  const word = recording === 'recording' ? 'on' : recording === 'paused' ? 'paused' : 'off';
  return (
    <fieldset className="flex flex-wrap items-center gap-2" disabled={disabled || !writes}>
      <legend className="sr-only">{t('controls.label')}</legend>
      <span className="inline-flex items-center gap-1.5 text-sm" role="status">
        <Circle
          size={10}
          aria-hidden="true"
          className={recording === 'recording' ? 'fill-danger text-danger' : 'text-ink-3'}
        />
        {busy && !runs ? t('controls.waiting') : t(`controls.${word}`)}
      </span>
      {!runs && (
        <Button size="small" busy={busy} onClick={() => order('start')}>
          <Circle size={12} aria-hidden="true" />
          {t('controls.start')}
        </Button>
      )}
      {recording === 'recording' && (
        <Button size="small" busy={busy} onClick={() => order('pause')}>
          <Pause size={12} aria-hidden="true" />
          {t('controls.pause')}
        </Button>
      )}
      {recording === 'paused' && (
        <Button size="small" busy={busy} onClick={() => order('resume')}>
          <Play size={12} aria-hidden="true" />
          {t('controls.resume')}
        </Button>
      )}
      {runs && (
        <Button size="small" kind="danger" busy={busy} onClick={() => order('stop')}>
          <Square size={12} aria-hidden="true" />
          {t('controls.stop')}
        </Button>
      )}
      {act?.status === 'failed' && (
        <span role="alert" className="text-sm text-danger">
          {t('controls.failed', { why: act.detail ?? act.code ?? '' })}
        </span>
      )}
    </fieldset>
  );
}
