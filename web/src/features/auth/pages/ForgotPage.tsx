import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FormProblem, sortFaults, useAct } from '@/lib/forms';
import { Button, TextLink } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Heading } from '@/ui/Page';
import { Notice } from '@/ui/States';
import '../strings';
import { forgotPassword } from '../model';
import { AuthFrame } from '../parts/AuthFrame';

/** Asks for a link to choose a new password. The answer is the same for an address that nobody has. */
export function ForgotPage() {
  const { t } = useTranslation('auth');
  const [email, setEmail] = useState('');
  const [asked, setAsked] = useState<string | null>(null);
  const { busy, problem, act } = useAct();
  const { faults, rest } = sortFaults(problem, ['email']);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await act(() => forgotPassword(email.trim()))) setAsked(email.trim());
  };
  return (
    <AuthFrame>
      <div className="grid gap-1">
        <Heading title={t('forgot.title')} />
        <p className="text-ink-2">{t('forgot.intro')}</p>
      </div>
      {asked ? (
        <Notice kind="ok">{t('forgot.sent', { email: asked })}</Notice>
      ) : (
        <form noValidate onSubmit={submit} className="grid gap-4">
          <TextField
            label={t('email')}
            type="email"
            autoComplete="username"
            error={faults.email}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <FormProblem problem={rest} />
          <Button type="submit" kind="primary" size="wide" busy={busy}>
            {t('forgot.submit')}
          </Button>
        </form>
      )}
      <p className="text-sm">
        <TextLink to="/login">{t('backToLogin')}</TextLink>
      </p>
    </AuthFrame>
  );
}
