// One question before an act that cannot be undone.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { FormProblem, useAct } from './forms';

interface Props {
  open: boolean;
  title: string;
  hint: ReactNode;
  submit: string;
  /** What is done when the answer is yes; the question closes once it is done. */
  run: () => Promise<unknown>;
  onClose: () => void;
  kind?: 'grave' | 'primary';
  children?: ReactNode;
}

export function Confirm({ open, title, hint, onClose, ...rest }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title={title} description={hint}>
      <Answer {...rest} onClose={onClose} />
    </Dialog>
  );
}

function Answer({
  submit,
  run,
  onClose,
  kind = 'grave',
  children,
}: Pick<Props, 'submit' | 'run' | 'onClose' | 'kind' | 'children'>) {
  const { t } = useTranslation('common');
  const { busy, problem, act } = useAct();
  const yes = async () => {
    if (await act(run)) onClose();
  };
  return (
    <div className="grid gap-3">
      {children}
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button kind={kind} busy={busy} onClick={() => void yes()}>
          {submit}
        </Button>
      </Buttons>
    </div>
  );
}
