import { zodResolver } from '@hookform/resolvers/zod';
import { useRouter } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { FormProblem, useSubmission } from '@/lib/forms';
import { Button, TextLink } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Heading } from '@/ui/Page';
import '../strings';
import { guessedZone, type SignUpValues, signUp, signUpSchema, zones } from '../model';
import { AuthFrame } from '../parts/AuthFrame';
import { PasswordField } from '../parts/PasswordField';

const fields = ['company', 'name', 'email', 'password', 'time_zone'] as const;

export function SignupPage() {
  const { t } = useTranslation('auth');
  const router = useRouter();
  const schema = useMemo(() => signUpSchema(t), [t]);
  const places = useMemo(zones, []);
  const { register, handleSubmit, setError, watch, formState } = useForm<SignUpValues>({
    resolver: zodResolver(schema),
    defaultValues: { company: '', name: '', email: '', password: '', time_zone: guessedZone() },
  });
  const { problem, run } = useSubmission<SignUpValues>(fields, setError);
  const submit = handleSubmit((values) =>
    run(async () => {
      await signUp(values);
      router.history.push('/dashboard/welcome');
    }),
  );
  const { errors, isSubmitting } = formState;
  const password = watch('password');
  return (
    <AuthFrame>
      <div className="grid gap-1">
        <Heading title={t('signup.title')} />
        <p className="text-ink-2">{t('signup.intro')}</p>
      </div>
      <form noValidate onSubmit={submit} className="grid gap-4">
        <TextField
          label={t('company')}
          autoComplete="organization"
          error={errors.company?.message}
          {...register('company')}
        />
        <TextField label={t('name')} autoComplete="name" error={errors.name?.message} {...register('name')} />
        <TextField
          label={t('email')}
          type="email"
          autoComplete="username"
          error={errors.email?.message}
          {...register('email')}
        />
        <PasswordField typed={password} error={errors.password?.message} {...register('password')} />
        <Select
          label={t('signup.zone')}
          hint={t('signup.zoneHint')}
          error={errors.time_zone?.message}
          {...register('time_zone')}
        >
          {places.map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </Select>
        <FormProblem problem={problem} />
        <Button type="submit" kind="primary" size="wide" busy={isSubmitting}>
          {t('signup.submit')}
        </Button>
      </form>
      <p className="text-sm text-ink-2">
        {t('signup.have')} <TextLink to="/login">{t('signup.toLogin')}</TextLink>
      </p>
    </AuthFrame>
  );
}
