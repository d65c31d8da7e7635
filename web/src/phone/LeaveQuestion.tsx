import { useBlocker } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import './strings';

/** Asks before the page is left in the middle of a call, which would end it. */
export function LeaveQuestion({ busy }: { busy: boolean }) {
  const { t } = useTranslation('phone');
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => busy,
    enableBeforeUnload: busy,
    withResolver: true,
  });
  return (
    <Dialog
      open={status === 'blocked'}
      onClose={() => reset?.()}
      title={t('leave.title')}
      description={t('leave.hint')}
    >
      <Buttons>
        <Button onClick={() => reset?.()}>{t('leave.stay')}</Button>
        <Button kind="grave" onClick={() => proceed?.()}>
          {t('leave.go')}
        </Button>
      </Buttons>
    </Dialog>
  );
}
