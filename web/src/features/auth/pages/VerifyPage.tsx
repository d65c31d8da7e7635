import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EmailVerified } from '@/api/types';
import { FormProblem, useAct } from '@/lib/forms';
import { Button, ButtonLink } from '@/ui/Button';
import { Heading } from '@/ui/Page';
import { Notice } from '@/ui/States';
import '../strings';
import { useMailedToken } from '../mailed_token';
import { verifyEmail } from '../model';
import { AuthFrame } from '../parts/AuthFrame';

/** Confirms an address with the link of a mail; by a press, since programs that check mail follow links too. */
export function VerifyPage() {
  const { t } = useTranslation('auth');
  const token = useMailedToken();
  const [verified, setVerified] = useState<EmailVerified>();
  const { busy, problem, act } = useAct();
  return (
    <AuthFrame>
      <Heading title={t('verify.title')} />
      {verified?.outcome === 'joined' ? (
        <>
          <Notice kind="ok">{t('verify.joined', { company: verified.company })}</Notice>
          <ButtonLink to="/login" kind="primary" size="wide">
            {t('verify.toLogin')}
          </ButtonLink>
        </>
      ) : verified ? (
        <>
          <Notice kind="ok">{t('verify.done')}</Notice>
          <ButtonLink to="/" kind="primary" size="wide">
            {t('verify.go')}
          </ButtonLink>
        </>
      ) : token ? (
        <>
          <p className="text-ink-2">{t('verify.intro')}</p>
          <FormProblem problem={problem} />
          <Button
            kind="primary"
            size="wide"
            busy={busy}
            onClick={() => void act(async () => setVerified(await verifyEmail(token)))}
          >
            {t('verify.submit')}
          </Button>
        </>
      ) : (
        <Notice>{t('noToken')}</Notice>
      )}
    </AuthFrame>
  );
}
