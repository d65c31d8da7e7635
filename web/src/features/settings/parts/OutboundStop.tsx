import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import type { TenantSettings } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { amountOf, dateTime } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Button } from '@/ui/Button';
import { Notice } from '@/ui/States';

type Stop = NonNullable<TenantSettings['outbound_stop']>;

/** Says that nobody is rung any more, why, and lets an admin lift it. */
export function OutboundStop({ stop }: { stop: Stop }) {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const lifts = useCan('policy.write');
  const [asking, setAsking] = useState(false);
  const { stopped_at, reason, figure, usual } = stop;
  const isShare = reason === 'short_calls';
  const shown = (value: number) => amountOf(isShare ? Math.round(value * 100) : value);
  return (
    <div className="max-md:px-3">
      <Notice>
        <p className="font-semibold">{t('stop.title', { time: dateTime(stopped_at) })}</p>
        <p>
          {t(`stop.reason.${reason}`, { figure: shown(figure) })}{' '}
          {usual === null
            ? t('stop.never')
            : t(isShare ? 'stop.usualShare' : 'stop.usual', { usual: shown(usual) })}
        </p>
        {lifts && (
          <div>
            <Button size="small" onClick={() => setAsking(true)}>
              {t('stop.lift')}
            </Button>
          </div>
        )}
      </Notice>
      <Confirm
        open={asking}
        kind="primary"
        title={t('stop.liftTitle')}
        hint={t('stop.liftHint')}
        submit={t('stop.lift')}
        run={async () => {
          const settings = body(await api.POST('/v1/tenant/outbound/resume'));
          client.setQueryData($api.queryOptions('get', '/v1/tenant', {}).queryKey, settings);
        }}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
