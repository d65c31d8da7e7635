import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Notice } from '@/ui/States';
import { changePassword } from '../security';

/** One's own password, changed by whoever knows the one before. */
export function Password({ needsCode }: { needsCode: boolean }) {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [changed, setChanged] = useState(false);
  const begin = () => {
    setChanged(false);
    setOpen(true);
  };
  return (
    <Block
      title={t('password.title')}
      actions={
        <Button size="small" onClick={begin}>
          {t('password.change')}
        </Button>
      }
    >
      {changed ? (
        <Notice kind="ok">{t('password.changed')}</Notice>
      ) : (
        <p className="text-ink-2">{t('password.hint')}</p>
      )}
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t('password.changeTitle')}
        description={t('password.changeHint')}
      >
        <PasswordForm
          needsCode={needsCode}
          onClose={() => setOpen(false)}
          onChanged={() => {
            setOpen(false);
            setChanged(true);
            void client.invalidateQueries({
              queryKey: $api.queryOptions('get', '/v1/sessions').queryKey.slice(0, 2),
            });
          }}
        />
      </Dialog>
    </Block>
  );
}

interface FormProps {
  needsCode: boolean;
  onClose: () => void;
  onChanged: () => void;
}

function PasswordForm({ needsCode, onClose, onChanged }: FormProps) {
  const { t } = useTranslation(['settings', 'common']);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [code, setCode] = useState('');
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['current_password', 'password', 'totp']);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    const totp = code.replace(/\s/g, '');
    if (await act(() => changePassword(current, next, totp))) onChanged();
  };
  return (
    <form ref={form} noValidate onSubmit={send} className="grid gap-4">
      <TextField
        label={t('password.current')}
        type="password"
        autoComplete="current-password"
        error={faults.current_password}
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <TextField
        label={t('password.next')}
        type="password"
        autoComplete="new-password"
        hint={t('password.nextHint')}
        error={faults.password}
        value={next}
        onChange={(event) => setNext(event.target.value)}
      />
      {needsCode && (
        <TextField
          label={t('totp.code')}
          hint={t('totp.codeHint')}
          mono
          autoComplete="one-time-code"
          inputMode="numeric"
          maxLength={16}
          error={faults.totp}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      )}
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy} disabled={!current || !next}>
          {t('password.submit')}
        </Button>
      </Buttons>
    </form>
  );
}
