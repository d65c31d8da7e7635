import { zodResolver } from '@hookform/resolvers/zod';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { FormProblem, useSubmission } from '@/lib/forms';
import { Button, TextLink } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Heading } from '@/ui/Page';
import '../strings';
import { asksForCode, type LogInValues, logIn, logInSchema, safeNext } from '../model';
import { AuthFrame } from '../parts/AuthFrame';
import { CodeStep } from '../parts/CodeStep';
import { SsoForm } from '../parts/SsoForm';

const route = getRouteApi('/login');

type Step =
  | { at: 'password' }
  | { at: 'code'; values: LogInValues }
  | { at: 'sso'; email: string; told: boolean };

/** Signs in by password, with a second factor where there is one, or by the company's own page. */
export function LoginPage() {
  const { t } = useTranslation('auth');
  const router = useRouter();
  const { next } = route.useSearch();
  const [step, setStep] = useState<Step>({ at: 'password' });
  const enter = () => router.history.push(`/dashboard${safeNext(next)}`);
  if (step.at === 'code') {
    return (
      <AuthFrame>
        <CodeStep
          email={step.values.email}
          send={(code) => logIn(step.values, code)}
          onDone={enter}
          onBack={() => setStep({ at: 'password' })}
        />
      </AuthFrame>
    );
  }
  if (step.at === 'sso') {
    return (
      <AuthFrame>
        <SsoForm email={step.email} told={step.told} onBack={() => setStep({ at: 'password' })} />
      </AuthFrame>
    );
  }
  return (
    <AuthFrame>
      <Heading title={t('login.title')} />
      <PasswordForm onStep={setStep} onDone={enter} />
      <p className="text-sm text-ink-2">
        {t('login.new')} <TextLink to="/signup">{t('login.toSignup')}</TextLink>
      </p>
    </AuthFrame>
  );
}

function PasswordForm({ onStep, onDone }: { onStep: (step: Step) => void; onDone: () => void }) {
  const { t } = useTranslation('auth');
  const schema = useMemo(() => logInSchema(t), [t]);
  const { register, handleSubmit, setError, getValues, formState } = useForm<LogInValues>({
    resolver: zodResolver(schema),
    defaultValues: { email: '', password: '' },
  });
  const { problem, run } = useSubmission<LogInValues>(['email', 'password'], setError);
  const submit = handleSubmit((values) =>
    run(async () => {
      try {
        await logIn(values);
        onDone();
      } catch (thrown) {
        const refused = asProblem(thrown);
        if (asksForCode(refused)) onStep({ at: 'code', values });
        else if (refused.code === 'sso_required') onStep({ at: 'sso', email: values.email, told: true });
        else throw thrown;
      }
    }),
  );
  const { errors, isSubmitting } = formState;
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('email')}
        type="email"
        autoComplete="username"
        error={errors.email?.message}
        {...register('email')}
      />
      <TextField
        label={t('password')}
        type="password"
        autoComplete="current-password"
        error={errors.password?.message}
        {...register('password')}
      />
      <FormProblem problem={problem} />
      <Button type="submit" kind="primary" size="wide" busy={isSubmitting}>
        {t('login.submit')}
      </Button>
      <Button size="wide" onClick={() => onStep({ at: 'sso', email: getValues('email'), told: false })}>
        {t('login.sso')}
      </Button>
      <p className="text-sm">
        <TextLink to="/forgot">{t('login.forgot')}</TextLink>
      </p>
    </form>
  );
}
