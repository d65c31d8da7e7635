import { ArrowRightLeft, Grip, Mic, MicOff, NotebookPen, Pause, PhoneOff, Play } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { desk } from '@/supervision/the_desk';
import { Button } from '@/ui/Button';
import { Segments } from '@/ui/Field';
import { isFree, useHere } from '../here';
import { HeldByOther } from './HeldByOther';
import { SayForm } from './SayForm';
import { UndoBar } from './UndoBar';

export type Mode = 'verbatim' | 'guidance';
export type When = 'now' | 'after_turn';

interface Props {
  mode: Mode;
  onMode: (mode: Mode) => void;
}

/** Say or guide, keys, transfer, hold, note, end. While one speaks oneself: mute and hand back. */
export function InterveneBar({ mode, onMode }: Props) {
  const { t } = useTranslation('console');
  const here = useHere();
  const { live, call, cut, can, heldBy, spokenBy, act, open } = here;
  const [when, setWhen] = useState<When>('now');
  const free = isFree(here);
  const held = (live.seq > 0 ? live.state : call.state) === 'on_hold';
  const own = spokenBy?.you === true;
  const guides = mode === 'guidance' && !own;
  return (
    <section
      aria-label={t('bar')}
      className={`grid gap-2 border-t-2 px-3 py-2 max-md:sticky max-md:bottom-0 md:px-4 ${
        guides ? 'border-t-agent bg-sunken' : 'border-t-human bg-human-tint'
      }`}
    >
      <UndoBar />
      {heldBy && <HeldByOther />}
      <div className="flex flex-wrap items-center gap-2">
        {own ? (
          <OwnLine />
        ) : (
          <>
            <Segments
              label={t('mode.label')}
              value={mode}
              choices={[
                { value: 'verbatim', label: t('mode.verbatim') },
                { value: 'guidance', label: t('mode.guidance') },
              ]}
              onChange={onMode}
              disabled={!free}
            />
            <Segments
              label={t('when.label')}
              value={when}
              choices={[
                { value: 'now', label: t('when.now') },
                { value: 'after_turn', label: t('when.after_turn') },
              ]}
              onChange={setWhen}
              disabled={!free}
            />
          </>
        )}
        <div className="ms-auto flex flex-wrap gap-1.5">
          <Tool name={t('keys')} keys="d" off={!free} onPress={() => open('keys')}>
            <Grip size={15} aria-hidden="true" />
          </Tool>
          {can.transfer && (
            <Tool name={t('transfer')} keys="x" off={!free} onPress={() => open('transfer')}>
              <ArrowRightLeft size={15} aria-hidden="true" />
            </Tool>
          )}
          <Tool
            name={held ? t('unhold') : t('hold')}
            keys="h"
            off={!free}
            onPress={() => act({ type: held ? 'unhold' : 'hold' })}
          >
            {held ? <Play size={15} aria-hidden="true" /> : <Pause size={15} aria-hidden="true" />}
          </Tool>
          <Tool name={t('note.open')} keys="n" off={cut} onPress={() => open('note')}>
            <NotebookPen size={15} aria-hidden="true" />
          </Tool>
          {can.end && (
            <Tool name={t('end')} keys="q" off={!free} grave onPress={() => open('end')}>
              <PhoneOff size={15} aria-hidden="true" />
            </Tool>
          )}
        </div>
      </div>
      {/* With the microphone open it is one's own voice that the caller hears, and no other. */}
      {!(own && live.takeover?.via === 'microphone') && (
        <SayForm mode={own ? 'verbatim' : mode} when={own ? 'now' : when} own={own} />
      )}
      {cut && <p className="text-sm text-warn">{t('offline')}</p>}
    </section>
  );
}

function Tool({
  name,
  keys,
  off,
  grave = false,
  onPress,
  children,
}: {
  name: string;
  keys: string;
  off: boolean;
  grave?: boolean;
  onPress: () => void;
  children: ReactNode;
}) {
  return (
    <Button
      size="small"
      kind={grave ? 'danger' : 'plain'}
      disabled={off}
      onClick={onPress}
      aria-keyshortcuts={keys}
      title={`${name} (${keys})`}
    >
      {children}
      <span className="max-md:sr-only">{name}</span>
    </Button>
  );
}

/** One speaks with the caller: whether one is heard, and the way back. */
function OwnLine() {
  const { t } = useTranslation(['console', 'supervision']);
  const { open } = useHere();
  const line = useStore(desk.store, (state) => state.line);
  const muted = useStore(desk.store, ({ ear }) => ear?.sound.muted ?? false);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="font-semibold text-human">{t('supervision:strip.on')}</span>
      {line?.via === 'microphone' && (
        <Button size="small" aria-pressed={muted} onClick={() => desk.mute(!muted)} aria-keyshortcuts="m">
          {muted ? <MicOff size={14} aria-hidden="true" /> : <Mic size={14} aria-hidden="true" />}
          {t(muted ? 'supervision:strip.unmute' : 'supervision:strip.mute')}
        </Button>
      )}
      <Button size="small" kind="primary" onClick={() => open('handback')} aria-keyshortcuts="b">
        {t('supervision:strip.handBack')}
      </Button>
    </div>
  );
}
