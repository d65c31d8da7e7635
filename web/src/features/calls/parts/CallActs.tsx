import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Call } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Button, ButtonLink } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { cancelCall, eraseCall } from '../order';

/** What can be done with a call from its record: watch it, call it off, ring again, delete its content. */
export function CallActs({ call }: { call: Call }) {
  const { t } = useTranslation('calls');
  const [asking, setAsking] = useState<'cancel' | 'erase' | null>(null);
  const places = useCan('call.create');
  const erases = useCan('recording.write');
  const isOver = call.status === 'ended';
  const isWaiting =
    call.direction === 'outbound' && ['queued', 'dialing', 'ringing'].includes(call.status) && places;
  const other = call.direction === 'outbound' ? call.to : call.from;
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
      <Question
        open={asking === 'cancel'}
        title={t('cancel.title', { number: phone(call.to) })}
        hint={t('cancel.hint')}
        submit={t('cancel.submit')}
        run={() => cancelCall(call.id)}
        onClose={() => setAsking(null)}
      />
      <Question
        open={asking === 'erase'}
        title={t('erase.title')}
        hint={t('erase.hint')}
        submit={t('erase.submit')}
        run={() => eraseCall(call.id)}
        onClose={() => setAsking(null)}
      />
    </>
  );
}

interface Question {
  open: boolean;
  title: string;
  hint: string;
  submit: string;
  run: () => Promise<void>;
  onClose: () => void;
}

/** One question before an act that cannot be undone. */
function Question({ open, title, hint, submit, run, onClose }: Question) {
  const { t } = useTranslation('common');
  const client = useQueryClient();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const act = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await run();
      await client.invalidateQueries({
        predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/v1/calls'),
      });
      close();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onClose={close} title={title} description={hint}>
      <div className="grid gap-3">
        <FormProblem problem={problem} />
        <Buttons>
          <Button onClick={close}>{t('back')}</Button>
          <Button kind="grave" busy={busy} onClick={() => void act()}>
            {submit}
          </Button>
        </Buttons>
      </div>
    </Dialog>
  );
}
