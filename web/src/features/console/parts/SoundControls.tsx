import { Ear, Headset, Volume2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { isListening } from '@/supervision/desk';
import { desk } from '@/supervision/the_desk';
import { KeyHint } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Segments } from '@/ui/Field';
import { isFree, useHere } from '../here';

/** Listen and take over; where a call cannot, it is said why. */
export function SoundButtons() {
  const { t } = useTranslation('console');
  const here = useHere();
  const { call, abilities, over, cut, can, spokenBy, open } = here;
  const on = useStore(desk.store, (state) => isListening(state, call.id));
  const opening = useStore(desk.store, ({ ear }) => ear?.sound.phase === 'opening');
  if (!can.intervene || over) return null;
  return (
    <div className="flex items-center gap-2">
      <Button
        size="small"
        aria-pressed={on}
        kind={on ? 'primary' : 'plain'}
        disabled={cut || !abilities.listen}
        title={abilities.listen ? undefined : t('cannot.listen')}
        busy={on && opening}
        onClick={() => void (on ? desk.hush() : desk.listen(call.id))}
        aria-keyshortcuts="l"
      >
        <Ear size={14} aria-hidden="true" />
        {on ? t('listen.stop') : t('listen.start')} <KeyHint>l</KeyHint>
      </Button>
      {spokenBy?.you ? (
        <Button size="small" kind="primary" onClick={() => open('handback')} aria-keyshortcuts="b">
          <Headset size={14} aria-hidden="true" />
          {t('handback.open')} <KeyHint>b</KeyHint>
        </Button>
      ) : (
        <Button
          size="small"
          disabled={
            !isFree(here) ||
            spokenBy !== null ||
            !(abilities.takeover_keyboard || abilities.takeover_microphone)
          }
          onClick={() => open('takeover')}
          aria-keyshortcuts="t"
        >
          <Headset size={14} aria-hidden="true" />
          {t('takeover.open')} <KeyHint>t</KeyHint>
        </Button>
      )}
    </div>
  );
}

/** How loud, and whom of them. */
export function ListenSettings() {
  const { t } = useTranslation(['console', 'common']);
  const sound = useStore(desk.store, ({ ear }) => ear?.sound);
  if (!sound) return null;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <label className="flex items-center gap-2 text-sm text-ink-2">
        <Volume2 size={15} aria-hidden="true" />
        <span className="sr-only">{t('listen.volume')}</span>
        <input
          type="range"
          min={0}
          max={100}
          value={Math.round(sound.volume * 100)}
          onChange={(event) => desk.setVolume(Number(event.target.value) / 100)}
          className="w-24 accent-brand"
        />
      </label>
      <Segments
        label={t('listen.channel')}
        value={sound.channel}
        choices={[
          { value: 'both', label: t('listen.both') },
          { value: 'caller', label: t('common:speaker.caller') },
          { value: 'agent', label: t('common:speaker.agent') },
        ]}
        onChange={(channel) => desk.setChannel(channel)}
      />
    </div>
  );
}
