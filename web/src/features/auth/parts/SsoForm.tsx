import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Heading } from '@/ui/Page';
import { Notice } from '@/ui/States';
import { leaveForSso } from '../model';

/** Finds the company's sign-in page by the domain of an address, and goes there. */
export function SsoForm({
  email: first,
  told,
  onBack,
}: {
  email: string;
  told: boolean;
  onBack: () => void;
}) {
  const { t } = useTranslation('auth');
  const [email, setEmail] = useState(first);
  const [tried, setTried] = useState(false);
  const good = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (good) leaveForSso(email.trim());
  };
  return (
    <>
      <div className="grid gap-1">
        <Heading title={t('login.ssoTitle')} />
        <p className="text-ink-2">{t('login.ssoHint')}</p>
      </div>
      {told && <Notice kind="warn">{t('login.ssoRequired')}</Notice>}
      <form noValidate onSubmit={submit} className="grid gap-4">
        <TextField
          label={t('email')}
          type="email"
          autoComplete="username"
          error={tried && !good ? t('fault.email') : undefined}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Button type="submit" kind="primary" size="wide">
          {t('login.ssoSubmit')}
        </Button>
        <Button kind="quiet" size="wide" onClick={onBack}>
          {t('login.withPassword')}
        </Button>
      </form>
    </>
  );
}
