import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FormProblem, sortFaults, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Heading } from '@/ui/Page';
import { codeFault } from '../model';
import { CodeField } from './CodeField';

/** The second step of a sign-in: a code of the authenticator, or a recovery code. */
export function CodeStep({
  email,
  send,
  onDone,
  onBack,
}: {
  email: string;
  send: (code: string) => Promise<void>;
  onDone: () => void;
  onBack: () => void;
}) {
  const { t } = useTranslation('auth');
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const { busy, problem, act } = useAct();
  const wrong = codeFault(problem);
  const { faults, rest } = sortFaults(wrong ? null : problem, ['totp']);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await act(() => send(code.trim()))) onDone();
  };
  return (
    <>
      <div className="grid gap-1">
        <Heading title={t('login.codeTitle')} />
        <p className="text-ink-2">{t('login.codeIntro', { email })}</p>
      </div>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <CodeField
          ref={field}
          error={wrong ?? faults.totp}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <FormProblem problem={rest} />
        <Button type="submit" kind="primary" size="wide" busy={busy} disabled={!code.trim()}>
          {t('login.submit')}
        </Button>
        <Button kind="quiet" size="wide" onClick={onBack}>
          {t('login.another')}
        </Button>
      </form>
    </>
  );
}
