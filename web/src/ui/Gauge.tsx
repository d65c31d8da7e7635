// How much of something there is, against how much is allowed.
import { useTranslation } from 'react-i18next';

export function Gauge({ label, have, limit }: { label: string; have: number; limit: number | null }) {
  const { t } = useTranslation('common');
  const full = limit !== null && have >= limit;
  const over = limit !== null && have > limit;
  const share = limit ? Math.min(100, (have / limit) * 100) : 0;
  return (
    <div className="grid gap-1">
      <div className="flex items-baseline justify-between gap-3">
        <span className="text-sm text-ink-2">{label}</span>
        <span className={`fig ${over ? 'text-danger' : full ? 'text-warn' : ''}`}>
          {limit === null ? t('gauge.free', { have }) : t('gauge.of', { have, limit })}
          {over ? ` · ${t('gauge.over')}` : full ? ` · ${t('gauge.full')}` : ''}
        </span>
      </div>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" className="h-1.5 w-full" aria-hidden="true">
        <path d="M0 0h100v4H0z" fill="var(--sunken)" />
        <path d={`M0 0h${share}v4H0z`} fill={`var(--${over ? 'danger' : full ? 'warn' : 'brand'})`} />
      </svg>
    </div>
  );
}
