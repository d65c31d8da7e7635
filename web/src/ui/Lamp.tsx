// The lamp of a line. Its shape says the state, colour only helps.
import { useTranslation } from 'react-i18next';

export type LampWord =
  | 'verifying'
  | 'greeting'
  | 'listening'
  | 'thinking'
  | 'tool_running'
  | 'awaiting_approval'
  | 'awaiting_human'
  | 'speaking'
  | 'human_speaking'
  | 'on_hold'
  | 'queued'
  | 'dialing'
  | 'ringing'
  | 'in_progress'
  | 'ended'
  | 'fault';

type Shape = 'ring' | 'disc' | 'half' | 'square' | 'diamond' | 'double' | 'bar' | 'cross' | 'dash' | 'dots';

const shapes: Record<LampWord, [Shape, string]> = {
  verifying: ['half', 'text-agent'],
  greeting: ['disc', 'text-agent'],
  listening: ['ring', 'text-caller'],
  thinking: ['half', 'text-agent'],
  tool_running: ['half', 'text-tool'],
  awaiting_approval: ['square', 'text-warn lamp-calls'],
  awaiting_human: ['diamond', 'text-human lamp-calls'],
  speaking: ['disc', 'text-agent'],
  human_speaking: ['double', 'text-human'],
  on_hold: ['bar', 'text-ink-2'],
  queued: ['dots', 'text-ink-3'],
  dialing: ['dots', 'text-ink-2'],
  ringing: ['dots', 'text-ink-2'],
  in_progress: ['ring', 'text-ink-2'],
  ended: ['dash', 'text-ink-3'],
  fault: ['cross', 'text-danger'],
};

function isWord(text: string): text is LampWord {
  return text in shapes;
}

interface Lit {
  status: string;
  state?: string | null;
  fault?: string | null;
  /** An open question goes before what the agent does meanwhile. */
  asks?: boolean;
}

/** The word for a call: what the conversation does, else where the call stands. */
export function lampWord(call: Lit): LampWord {
  if (call.status === 'ended') return call.fault && call.fault !== 'none' ? 'fault' : 'ended';
  if (call.asks) return 'awaiting_human';
  if (call.state && isWord(call.state)) return call.state;
  return isWord(call.status) ? call.status : 'in_progress';
}

function Drawing({ shape }: { shape: Shape }) {
  switch (shape) {
    case 'disc':
      return <circle cx="8" cy="8" r="6" fill="currentColor" />;
    case 'half':
      return (
        <>
          <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />
          <path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" />
        </>
      );
    case 'square':
      return <rect x="2.5" y="2.5" width="11" height="11" fill="currentColor" />;
    case 'diamond':
      return <path d="M8 .8 15.2 8 8 15.2.8 8z" fill="currentColor" />;
    case 'double':
      return (
        <>
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.8" />
          <circle cx="8" cy="8" r="2.6" fill="none" stroke="currentColor" strokeWidth="1.8" />
        </>
      );
    case 'bar':
      return <rect x="1.5" y="6" width="13" height="4" fill="currentColor" />;
    case 'cross':
      return <path d="M3 3l10 10M13 3 3 13" stroke="currentColor" strokeWidth="2.6" />;
    case 'dash':
      return <path d="M3 8h10" stroke="currentColor" strokeWidth="2" />;
    case 'dots':
      return (
        <circle
          cx="8"
          cy="8"
          r="5"
          fill="none"
          stroke="currentColor"
          strokeWidth="2"
          strokeDasharray="2.2 2"
        />
      );
    default:
      return <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />;
  }
}

/** Lamp alone, for places that say the word themselves. */
export function LampShape({ word, large = false }: { word: LampWord; large?: boolean }) {
  const [shape, colour] = shapes[word];
  return (
    <svg
      viewBox="0 0 16 16"
      className={`lamp ${large ? 'size-5' : 'size-3.5'} shrink-0 ${colour}`}
      aria-hidden="true"
    >
      <Drawing shape={shape} />
    </svg>
  );
}

export function Lamp({ word }: { word: LampWord }) {
  const { t } = useTranslation();
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <LampShape word={word} />
      <span>{t(`state.${word}`)}</span>
    </span>
  );
}
