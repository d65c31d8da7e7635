import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { clockTime } from '@/lib/format';
import { useCan, useDelayed, useNeedsFactor } from '@/lib/hooks';
import { socket } from '@/live/live';

/** Says when what is shown is old, and what came since, under the header of every page. */
export function LinkStrip() {
  const { t } = useTranslation();
  const monitors = useCan('call.monitor');
  const { link, heardAt, caughtUp } = useStore(socket.state);
  const broken = useDelayed(link === 'reconnecting' || link === 'offline' || link === 'refused', 400);
  // What is to be done about it is told below, once.
  const needsFactor = useNeedsFactor();
  if (!monitors || (link === 'refused' && needsFactor)) return null;
  if (broken) {
    const state = link === 'refused' ? t('link.refusedStrip') : t(`link.${link}`);
    return (
      <div role="status" className="border-b border-warn bg-sunken px-4 py-1 text-sm md:px-6">
        <span aria-hidden="true" className="text-warn">
          ×{' '}
        </span>
        {heardAt && link !== 'refused' ? t('link.strip', { state, time: clockTime(heardAt) }) : state}
      </div>
    );
  }
  if (caughtUp !== null) {
    return (
      <div role="status" className="border-b border-ok bg-sunken px-4 py-1 text-sm md:px-6">
        {t('link.caughtUp', { count: caughtUp })}
      </div>
    );
  }
  return null;
}
