import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import { TextField } from '@/ui/Field';

type Rest = Omit<ComponentProps<typeof TextField>, 'label' | 'hint' | 'autoComplete' | 'mono' | 'maxLength'>;

/** The six digits of an authenticator, or a recovery code. */
export function CodeField(props: Rest) {
  const { t } = useTranslation('auth');
  return (
    <TextField
      {...props}
      label={t('code.label')}
      hint={t('code.hint')}
      autoComplete="one-time-code"
      autoCapitalize="off"
      spellCheck={false}
      mono
      maxLength={32}
    />
  );
}
