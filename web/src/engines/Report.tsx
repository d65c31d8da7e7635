import { useTranslation } from 'react-i18next';
import type { Capability, CapabilityNote } from '@/api/types';
import { EngineBadge } from './EngineBadge';
import { isWarning } from './engines';
import './strings';

interface Props {
  capability: Capability;
  /** Leads to the field that a note is about. */
  onField?: (param: string) => void;
}

/** What one engine cannot honour of a personality, the grave things first. */
export function EngineReport({ capability, onField }: Props) {
  const { t } = useTranslation('engines');
  const { engine, voice, notes } = capability;
  const sorted = notes.toSorted((a, b) => Number(isWarning(b)) - Number(isWarning(a)));
  return (
    <section aria-label={t('report.of', { engine: t(`name.${engine}`) })} className="grid gap-1.5">
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <EngineBadge engine={engine} />
        <span className="min-w-0 text-sm break-words text-ink-2">
          {t('report.speaks', { voice: voiceName(voice) })}
        </span>
      </p>
      {sorted.length === 0 ? (
        <p className="text-sm text-ink-3">{t('report.nothing')}</p>
      ) : (
        <ul className="grid gap-1">
          {sorted.map((note) => (
            <NoteLine key={`${note.param} ${note.code}`} note={note} onField={onField} />
          ))}
        </ul>
      )}
    </section>
  );
}

function NoteLine({ note, onField }: { note: CapabilityNote; onField?: (param: string) => void }) {
  const { t } = useTranslation('engines');
  const warns = isWarning(note);
  const field = fieldName(note.param);
  return (
    <li className={`flex gap-2 border-s-2 ps-2 text-sm ${warns ? 'border-warn text-warn' : 'border-line'}`}>
      <p className="min-w-0 break-words">
        {warns && <span className="sr-only">{t('report.warning')}: </span>}
        {sentence(note.detail)}
        {onField && field && (
          <>
            {' '}
            <button
              type="button"
              aria-label={t('report.field', { field: t(field) })}
              className="inline-block min-h-6 text-brand underline decoration-line-strong underline-offset-3 hover:decoration-current"
              onClick={() => onField(note.param)}
            >
              {t(field)}
            </button>
          </>
        )}
      </p>
    </li>
  );
}

const fields = [
  'voice',
  'language',
  'model',
  'greeting',
  'greeting_policy',
  'system_prompt',
  'realtime.model',
  'realtime.turn_detection',
  'realtime.noise_reduction',
  'realtime.reasoning_effort',
  'realtime.speed',
] as const;

function fieldName(param: string): `field.${(typeof fields)[number]}` | null {
  const known = fields.find((name) => name === param);
  return known ? `field.${known}` : null;
}

/** `Google.en-US-Chirp3-HD-Kore` is Kore of Google's; a voice of the model's own is its name. */
export function voiceName(voice: string): string {
  const [, provider, name] = /^(\w+)\..*?-?(\w+)$/.exec(voice) ?? [];
  return provider && name ? `${name} (${provider})` : voice;
}

/** A name in small letters, like that of a model, keeps them at the start. */
function sentence(text: string): string {
  if (!/^[a-z]+[ ,]/.test(text)) return /[.?!]$/.test(text) ? text : `${text}.`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;
}
