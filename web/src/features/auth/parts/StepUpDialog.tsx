import { zodResolver } from '@hookform/resolvers/zod';
import { useEffect, useMemo } from 'react';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { stepUpStore } from '@/api/step_up';
import { FormProblem, useSubmission } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import '../strings';
import { type StepUpValues, stepUp, stepUpSchema } from '../model';

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
  const schema = useMemo(() => stepUpSchema(t), [t]);
  const { register, handleSubmit, setError, setFocus, formState } = useForm<StepUpValues>({
    resolver: zodResolver(schema),
    defaultValues: { password: '' },
  });
  const { problem, run } = useSubmission<StepUpValues>(['password'], setError);
  useEffect(() => setFocus('password'), [setFocus]);
  const submit = handleSubmit((values) =>
    run(async () => {
      await stepUp(values);
      onDone(true);
    }),
  );
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        // The dialog sits in the tree of another form at times; that one must not be sent.
        event.stopPropagation();
        void submit(event);
      }}
    >
      <TextField
        label={t('password')}
        type="password"
        autoComplete="current-password"
        error={formState.errors.password?.message}
        {...register('password')}
      />
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={() => onDone(false)}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={formState.isSubmitting}>
          {t('stepUp.submit')}
        </Button>
      </Buttons>
    </form>
  );
}
