import { Mic } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import type { Device } from '@/audio/microphone';
import { desk } from '@/supervision/the_desk';
import { Button } from '@/ui/Button';
import { Select } from '@/ui/Field';
import { Notice } from '@/ui/States';
import { useHere } from '../here';

/** Which microphone, and whether it hears. Nothing of it goes anywhere before the call is taken. */
export function MicrophoneTest({ off, onTake }: { off: boolean; onTake: () => void }) {
  const { t } = useTranslation('console');
  const { call } = useHere();
  const [device, setDevice] = useState('');
  const [devices, setDevices] = useState<Device[]>([]);
  const microphone = useStore(desk.store, ({ ear }) => ear?.sound.microphone);
  const fault = useStore(desk.store, ({ ear }) => ear?.sound.fault ?? null);

  useEffect(() => {
    let gone = false;
    void desk.tryMicrophone(call.id, device || undefined).then(async (isOpen) => {
      // The names of microphones are told once one of them was allowed.
      const { listMicrophones } = await import('@/audio/microphone');
      const found = isOpen ? await listMicrophones() : [];
      if (!gone) setDevices(found);
    });
    return () => {
      gone = true;
    };
  }, [call.id, device]);
  useEffect(() => () => desk.endTrial(), []);

  return (
    <div className="grid gap-3">
      {devices.length > 1 && (
        <Select
          label={t('takeover.device')}
          value={device}
          onChange={(event) => setDevice(event.target.value)}
        >
          <option value="">{t('takeover.usualDevice')}</option>
          {devices.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </Select>
      )}
      {fault ? <Notice kind="warn">{t(`takeover.fault.${fault}`)}</Notice> : <LevelTest />}
      <p className="text-sm text-ink-2">{t('takeover.stops')}</p>
      <div>
        <Button kind="primary" data-first="" disabled={off || microphone !== 'open'} onClick={onTake}>
          <Mic size={16} aria-hidden="true" />
          {t('takeover.now')}
        </Button>
      </div>
    </div>
  );
}

/** A meter that shows that one is heard. */
function LevelTest() {
  const { t } = useTranslation('console');
  const bar = useRef<HTMLDivElement>(null);
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    let frame = 0;
    let shown = 0;
    let toldAt = 0;
    const draw = (at: number) => {
      frame = requestAnimationFrame(draw);
      const now = desk.levels.you;
      shown = now > shown ? now : Math.max(now, shown - 0.02);
      if (bar.current) bar.current.style.transform = `scaleX(${shown.toFixed(3)})`;
      if (meter.current && at - toldAt > 300) {
        toldAt = at;
        meter.current.value = Math.round(shown * 100);
      }
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <div className="grid gap-1">
      <span className="text-sm font-medium text-ink-2">{t('takeover.test')}</span>
      <meter ref={meter} aria-label={t('takeover.test')} min={0} max={100} value={0} className="sr-only" />
      <div className="h-2.5 overflow-hidden rounded border border-line-strong bg-sunken" aria-hidden="true">
        <div ref={bar} className="h-full origin-left scale-x-0 bg-human rtl:origin-right" />
      </div>
      <span className="text-xs text-ink-3">{t('takeover.testHint')}</span>
    </div>
  );
}
