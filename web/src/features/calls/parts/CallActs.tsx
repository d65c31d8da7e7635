import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { farEnd } from '@/lib/ended';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Button, ButtonLink } from '@/ui/Button';
import { cancelCall, eraseCall } from '../order';

/** What can be done with a call from its record: watch it, call it off, ring again, delete its content. */
export function CallActs({ call }: { call: Call }) {
  const { t } = useTranslation('calls');
  const [asking, setAsking] = useState<'cancel' | 'erase' | null>(null);
  const places = useCan('call.create');
  const erases = useCan('recording.write');
  const client = useQueryClient();
  const changed = async (act: Promise<void>) => {
    await act;
    await client.invalidateQueries({
      predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/calls'),
    });
  };
  const isOver = call.status === 'ended';
  const isWaiting =
    call.direction === 'outbound' && ['queued', 'dialing', 'ringing'].includes(call.status) && places;
  const other = farEnd(call);
  return (
    <>
      {!isOver && (
        <ButtonLink to="/live/$call" params={{ call: call.id }} kind="primary">
          {t('watch')}
        </ButtonLink>
      )}
      {isWaiting && (
        <Button kind="danger" onClick={() => setAsking('cancel')}>
          {t('cancel.open')}
        </Button>
      )}
      {isOver && places && call.channel === 'phone' && other.startsWith('+') && (
        <ButtonLink to="/calls" search={{ place: true, ring: other }}>
          {call.direction === 'outbound' ? t('again') : t('ringBack')}
        </ButtonLink>
      )}
      {isOver && erases && (
        <Button kind="quiet" onClick={() => setAsking('erase')}>
          {t('erase.open')}
        </Button>
      )}
      <Confirm
        open={asking === 'cancel'}
        title={t('cancel.title', { number: phone(call.to) })}
        hint={t('cancel.hint')}
        submit={t('cancel.submit')}
        run={() => changed(cancelCall(call.id))}
        onClose={() => setAsking(null)}
      />
      <Confirm
        open={asking === 'erase'}
        title={t('erase.title')}
        hint={t('erase.hint')}
        submit={t('erase.submit')}
        run={() => changed(eraseCall(call.id))}
        onClose={() => setAsking(null)}
      />
    </>
  );
}
