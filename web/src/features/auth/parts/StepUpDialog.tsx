import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import { stepUpStore } from '@/api/step_up';
import { FormProblem, sortFaults, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import '../strings';
import { asksForCode, codeFault, leaveForFreshSso, stepUp } from '../model';
import { CodeField } from './CodeField';

/** Asks for the password when an act needs a fresh sign-in; the act then goes on by itself. */
export default function StepUpDialog() {
  const { t } = useTranslation('auth');
  const { asking, answer } = useStore(stepUpStore);
  return (
    <Dialog
      open={asking}
      onClose={() => answer(false)}
      title={t('stepUp.title')}
      description={t('stepUp.hint')}
    >
      <StepUpForm onDone={answer} />
    </Dialog>
  );
}

function StepUpForm({ onDone }: { onDone: (done: boolean) => void }) {
  const { t } = useTranslation(['auth', 'common']);
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.id);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const [tried, setTried] = useState(false);
  const codeField = useRef<HTMLInputElement>(null);
  const { busy, problem, act } = useAct();
  useEffect(() => {
    if (needsCode) codeField.current?.focus();
  }, [needsCode]);
  const wrong = codeFault(problem);
  const asked = problem !== null && asksForCode(problem);
  if (asked && !needsCode) setNeedsCode(true);
  const byCompany = problem?.code === 'sso_required';
  const { faults, rest } = sortFaults(asked || wrong || byCompany ? null : problem, ['password', 'totp']);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // The dialog sits in the tree of another form at times; that one must not be sent.
    event.stopPropagation();
    setTried(true);
    if (!password) return;
    if (await act(() => stepUp({ password }, code.trim() || undefined))) onDone(true);
  };
  if (byCompany) {
    return (
      <div className="grid gap-4">
        <p>{t('stepUp.sso')}</p>
        <Buttons>
          <Button onClick={() => onDone(false)}>{t('common:cancel')}</Button>
          <Button kind="primary" onClick={() => tenant && leaveForFreshSso(tenant)}>
            {t('stepUp.ssoGo')}
          </Button>
        </Buttons>
      </div>
    );
  }
  return (
    <form noValidate className="grid gap-4" onSubmit={submit}>
      <TextField
        data-first=""
        label={t('password')}
        type="password"
        autoComplete="current-password"
        error={tried && !password ? t('fault.required') : faults.password}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {needsCode && (
        <CodeField
          ref={codeField}
          error={wrong ?? faults.totp}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      )}
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={() => onDone(false)}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('stepUp.submit')}
        </Button>
      </Buttons>
    </form>
  );
}
