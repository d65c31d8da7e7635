import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useAct } from '@/lib/forms';
import { useMe, useNeedsFactor } from '@/lib/hooks';
import { Button, TextLink } from '@/ui/Button';

/** Says what is still to be done for one's account, under the header of every page. */
export function AccountStrip() {
  const { t } = useTranslation('common');
  const me = useMe();
  const needsFactor = useNeedsFactor();
  const [sent, setSent] = useState(false);
  const { busy, problem, act } = useAct();
  if (!me.data?.user) return null;
  const { user, email_verified } = me.data;
  if (email_verified !== false && !needsFactor) return null;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-warn bg-sunken px-4 py-1 text-sm md:px-6"
    >
      {needsFactor && (
        <span>
          {t('account.factor')} <TextLink to="/settings/security">{t('account.factorGo')}</TextLink>
        </span>
      )}
      {email_verified === false && (
        <>
          <span>
            {sent ? t('account.sent', { email: user.email }) : t('account.verify', { email: user.email })}
          </span>
          {!sent && (
            <Button
              size="small"
              kind="quiet"
              busy={busy}
              onClick={() => void act(() => api.POST('/v1/auth/verify_email/resend')).then(setSent)}
            >
              {t('account.resend')}
            </Button>
          )}
          {problem && <span className="text-danger">{t('account.notSent')}</span>}
        </>
      )}
    </div>
  );
}
