import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ButtonLink } from '@/ui/Button';
import { Heading } from '@/ui/Page';
import { Notice } from '@/ui/States';
import '../strings';
import { AuthFrame } from '../parts/AuthFrame';

const route = getRouteApi('/sso');

const known = [
  'sso_unavailable',
  'sso_no_account',
  'sso_expired',
  'sso_denied',
  'sso_identity_taken',
  'sso_provider_failed',
  'sso_refused',
] as const;

/** What is left to say when a company's own sign-in did not let somebody in; who is in never sees this page. */
export function SsoPage() {
  const { t } = useTranslation('auth');
  const { error } = route.useSearch();
  const word = known.find((each) => each === error);
  return (
    <AuthFrame>
      <Heading title={t('sso.title')} />
      <Notice>
        <p>{word ? t(`sso.fault.${word}`) : t('sso.failed')}</p>
        {error && !word && <p className="fig text-ink-3">{error}</p>}
      </Notice>
      <ButtonLink to="/login" kind="primary" size="wide">
        {t('backToLogin')}
      </ButtonLink>
    </AuthFrame>
  );
}
