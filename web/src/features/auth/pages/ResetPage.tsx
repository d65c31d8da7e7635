import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { Button, ButtonLink, TextLink } from '@/ui/Button';
import { Heading } from '@/ui/Page';
import { Notice } from '@/ui/States';
import '../strings';
import { useMailedToken } from '../mailed_token';
import { resetPassword } from '../model';
import { AuthFrame } from '../parts/AuthFrame';
import { PasswordField } from '../parts/PasswordField';

/** Chooses a new password with the link of a mail. */
export function ResetPage() {
  const { t } = useTranslation('auth');
  const token = useMailedToken();
  const [password, setPassword] = useState('');
  const [done, setDone] = useState(false);
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['password']);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (token) setDone(await act(() => resetPassword(token, password)));
  };
  return (
    <AuthFrame>
      <Heading title={t('reset.title')} />
      {done ? (
        <>
          <Notice kind="ok">{t('reset.done')}</Notice>
          <ButtonLink to="/login" kind="primary" size="wide">
            {t('login.submit')}
          </ButtonLink>
        </>
      ) : token ? (
        <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
          <PasswordField
            typed={password}
            error={faults.password}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <FormProblem problem={rest} />
          <Button type="submit" kind="primary" size="wide" busy={busy}>
            {t('reset.submit')}
          </Button>
        </form>
      ) : (
        <Notice>{t('noToken')}</Notice>
      )}
      {!done && (
        <p className="text-sm">
          <TextLink to="/forgot">{t('reset.another')}</TextLink>
        </p>
      )}
    </AuthFrame>
  );
}
