import { Frown, Hourglass, Timer, VolumeX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { duration } from '@/lib/format';
import type { Need } from '@/live/attention';
import type { MoodReason } from '@/live/wire';
import { LampShape, type LampWord } from '@/ui/Lamp';
import './strings';

const lamps: Partial<Record<Need, LampWord>> = {
  asks: 'awaiting_human',
  approval: 'awaiting_approval',
  human: 'human_speaking',
};

const icons = { unhappy: Frown, silent: VolumeX, slow: Timer, long: Hourglass } as const;

const tones: Record<Need, string> = {
  asks: 'text-human',
  approval: 'text-warn',
  human: 'text-human',
  unhappy: 'text-danger',
  silent: 'text-warn',
  slow: 'text-warn',
  long: 'text-ink-2',
};

/** The sign of a need. Its shape says which; colour only helps. */
export function NeedSign({ need }: { need: Need }) {
  const lamp = lamps[need];
  if (lamp) return <LampShape word={lamp} />;
  const Icon = icons[need as keyof typeof icons];
  return <Icon size={14} strokeWidth={2.2} className={`shrink-0 ${tones[need]}`} aria-hidden="true" />;
}

/** A need in words, with the time left where somebody waits. */
export function NeedBadge({
  need,
  leftMs,
  detail,
  why,
  plain = false,
}: {
  need: Need;
  leftMs?: number;
  /** A figure or a name. */
  detail?: string;
  why?: MoodReason | null;
  plain?: boolean;
}) {
  const { t } = useTranslation('supervision');
  return (
    <span
      className={`inline-flex items-center gap-1.5 text-sm whitespace-nowrap ${plain ? '' : 'font-semibold'} ${tones[need]}`}
    >
      <NeedSign need={need} />
      {t(`need.${need}`)}
      {why && <span className="font-normal">{t(`why.${why}`)}</span>}
      {detail && <span className="fig font-normal">{detail}</span>}
      {leftMs !== undefined && (
        <span className="fig font-medium">
          {leftMs > 0 ? t('left', { time: duration(leftMs) }) : t('timeOver')}
        </span>
      )}
    </span>
  );
}
