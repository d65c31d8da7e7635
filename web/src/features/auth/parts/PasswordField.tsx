import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import { TextField } from '@/ui/Field';
import { strengthOf } from '../model';

type Rest = Omit<ComponentProps<typeof TextField>, 'label' | 'hint' | 'type' | 'autoComplete'>;

/** A password that is being chosen, with words for how good it is. */
export function PasswordField({ typed, ...input }: Rest & { typed: string }) {
  const { t } = useTranslation('auth');
  return (
    <TextField
      {...input}
      label={t('password')}
      type="password"
      autoComplete="new-password"
      hint={typed ? <StrengthWords password={typed} /> : t('passwordHint')}
    />
  );
}

function StrengthWords({ password }: { password: string }) {
  const { t } = useTranslation('auth');
  const strength = strengthOf(password);
  const words =
    strength.word === 'short'
      ? t('strength.short', { count: strength.missing })
      : t(`strength.${strength.word}`);
  return <span aria-live="polite">{words}</span>;
}
