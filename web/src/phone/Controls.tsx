// What can be done while the line is up: speak or type, press keys, hang up.
import { Grid3x3, Mic, MicOff, PhoneOff } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { useKeys } from '@/lib/keys';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/States';
import { Keypad } from './Keypad';
import { LevelMeter } from './LevelMeter';
import type { Phone } from './phone';
import './strings';

const longest = 2_000;

export function Controls({ phone, name }: { phone: Phone; name: string }) {
  const { mode } = useStore(phone.store);
  return (
    <div className="grid gap-3 border-t-2 border-line bg-sunken px-4 py-3">
      {mode === 'voice' ? <Spoken phone={phone} name={name} /> : <Typed phone={phone} />}
    </div>
  );
}

function HangUp({ phone }: { phone: Phone }) {
  const { t } = useTranslation('phone');
  return (
    <Button kind="grave" onClick={() => phone.hangUp()}>
      <PhoneOff size={16} aria-hidden="true" />
      {t('hangUp')}
    </Button>
  );
}

function Spoken({ phone, name }: { phone: Phone; name: string }) {
  const { t } = useTranslation('phone');
  const { muted, fault } = useStore(phone.store);
  const [keys, setKeys] = useState(false);
  useKeys({ m: () => phone.mute(!muted) });
  const Sign = muted ? MicOff : Mic;
  return (
    <>
      {fault === 'lost' && <Notice kind="warn">{t('fault.lost', { name })}</Notice>}
      <div className="grid gap-1.5">
        <LevelMeter label={t('you')} levels={phone.levels} whose="you" quiet={muted} />
        <LevelMeter label={name} levels={phone.levels} whose="agent" />
      </div>
      <p role="status" className="text-sm text-warn empty:hidden">
        {muted ? t('whileMuted', { name }) : null}
      </p>
      {keys && <Keypad onKey={(key) => phone.keys(key)} />}
      <div className="flex flex-wrap items-center gap-2">
        <Button aria-pressed={muted} onClick={() => phone.mute(!muted)}>
          <Sign size={16} aria-hidden="true" />
          {muted ? t('unmute') : t('mute')}
        </Button>
        <Button aria-expanded={keys} onClick={() => setKeys(!keys)}>
          <Grid3x3 size={16} aria-hidden="true" />
          {t('keypad')}
        </Button>
        <span className="ms-auto">
          <HangUp phone={phone} />
        </span>
      </div>
    </>
  );
}

function Typed({ phone }: { phone: Phone }) {
  const { t } = useTranslation('phone');
  const { phase } = useStore(phone.store);
  const [text, setText] = useState('');
  const up = phase === 'live';
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!up || !text.trim()) return;
    phone.say(text);
    setText('');
  };
  return (
    <form onSubmit={send} className="grid gap-2">
      <TextField
        label={t('typed')}
        hideLabel
        placeholder={t('typed')}
        autoComplete="off"
        dir="auto"
        maxLength={longest}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" kind="primary" disabled={!up || !text.trim()}>
          {t('send')}
        </Button>
        <span className="text-xs text-ink-3">{t('typedHint')}</span>
        <span className="ms-auto">
          <HangUp phone={phone} />
        </span>
      </div>
    </form>
  );
}
