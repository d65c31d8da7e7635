import { zodResolver } from '@hookform/resolvers/zod';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { FormProblem, useSubmission } from '@/lib/forms';
import { Button, TextLink } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Heading } from '@/ui/Page';
import '../strings';
import { type LogInValues, logIn, logInSchema, safeNext } from '../model';
import { AuthFrame } from '../parts/AuthFrame';

const route = getRouteApi('/login');

export function LoginPage() {
  const { t } = useTranslation('auth');
  const router = useRouter();
  const { next } = route.useSearch();
  const schema = useMemo(() => logInSchema(t), [t]);
  const { register, handleSubmit, setError, formState } = useForm<LogInValues>({
    resolver: zodResolver(schema),
    defaultValues: { email: '', password: '' },
  });
  const { problem, run } = useSubmission<LogInValues>(['email', 'password'], setError);
  const submit = handleSubmit((values) =>
    run(async () => {
      await logIn(values);
      router.history.push(`/dashboard${safeNext(next)}`);
    }),
  );
  const { errors, isSubmitting } = formState;
  return (
    <AuthFrame>
      <Heading title={t('login.title')} />
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
      </form>
      <p className="text-sm text-ink-2">
        {t('login.new')} <TextLink to="/signup">{t('login.toSignup')}</TextLink>
      </p>
    </AuthFrame>
  );
}
