// Guards what was typed and not saved: leaving the page asks first.
import { useBlocker } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { sessionStore } from '@/api/session';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';

/** `isDirty` is asked at the moment of leaving, so that a form that has just been saved lets go. */
export function Unsaved({ isDirty }: { isDirty: () => boolean }) {
  const { status, proceed, reset } = useBlocker({
    // Tabs and filters of one page are no leaving; whoever is signed out has nothing to save any more.
    shouldBlockFn: ({ current, next }) =>
      current.pathname !== next.pathname && sessionStore.getState().status === 'signed_in' && isDirty(),
    enableBeforeUnload: () => sessionStore.getState().status === 'signed_in' && isDirty(),
    withResolver: true,
  });
  return <UnsavedQuestion open={status === 'blocked'} onLeave={() => proceed?.()} onStay={() => reset?.()} />;
}

/** The question alone, for a form that is closed without leaving its page. */
export function UnsavedQuestion(props: { open: boolean; onLeave: () => void; onStay: () => void }) {
  const { t } = useTranslation('common');
  const { open, onLeave, onStay } = props;
  return (
    <Dialog open={open} onClose={onStay} title={t('unsaved.title')} description={t('unsaved.hint')}>
      <Buttons>
        <Button onClick={onLeave}>{t('unsaved.leave')}</Button>
        <Button kind="primary" onClick={onStay}>
          {t('unsaved.stay')}
        </Button>
      </Buttons>
    </Dialog>
  );
}
