import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { PhoneNumber } from '@/api/types';
import { EngineBadge } from '@/engines/EngineBadge';
import { phone } from '@/lib/format';
import { Block, Facts } from '@/ui/Page';
import { days, onClock } from '@/ui/Week';

/** The settings of a number, for those who do not set them. */
export function ReadNumber({ number }: { number: PhoneNumber }) {
  const { t } = useTranslation(['numbers', 'common']);
  const { hours, after_hours: after } = number;
  const rows: [string, ReactNode][] = [
    [t('label'), number.label || t('noLabel')],
    [t('personality'), number.personality?.name ?? t('nobody')],
    [t('engine'), <EngineBadge key="engine" engine={number.engine} />],
    [t('callers.title'), t(`callers.${number.caller_policy}`)],
    [t('hours.title'), hours ? hours.time_zone : t('hours.always')],
  ];
  if (hours) {
    for (const day of days) {
      const times = hours.weekly[day] ?? [];
      rows.push([
        t(`common:day.${day}`),
        times.map(({ from, to }) => `${from}–${onClock(to)}`).join(', ') || t('common:week.closed'),
      ]);
    }
    rows.push([t('after.label'), t(`after.${after?.action ?? 'message'}`)]);
  }
  rows.push([t('recording.title'), t(`recording.${number.recording.mode}`)]);
  if (number.overflow_e164) rows.push([t('overflow'), phone(number.overflow_e164)]);
  if (number.fallback_e164) rows.push([t('fallback'), phone(number.fallback_e164)]);
  return (
    <Block title={t('settings')}>
      <Facts rows={rows} />
    </Block>
  );
}
