import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { InvitationPreview } from '@/api/types';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Heading } from '@/ui/Page';
import { Loading, Notice, ProblemText } from '@/ui/States';
import '../strings';
import { useMailedToken } from '../mailed_token';
import { acceptInvitation, asksForCode, codeFault, lookAtInvitation } from '../model';
import { AuthFrame } from '../parts/AuthFrame';
import { CodeField } from '../parts/CodeField';
import { PasswordField } from '../parts/PasswordField';

/** Takes up an invitation: as somebody new, with one's account, or as who is signed in. */
export function InvitePage() {
  const { t } = useTranslation('auth');
  const token = useMailedToken() ?? '';
  const preview = useQuery({
    queryKey: ['post', '/v1/invitations/preview', token],
    queryFn: () => lookAtInvitation(token),
    enabled: token !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <AuthFrame>
      <Heading
        title={preview.data ? t('invite.titleTo', { company: preview.data.company }) : t('invite.title')}
      />
      {preview.data ? (
        <Accept token={token} preview={preview.data} />
      ) : !token ? (
        <Notice>{t('noToken')}</Notice>
      ) : preview.error ? (
        <Notice>
          <ProblemText problem={asProblem(preview.error)} />
          <p>{t('invite.ask')}</p>
        </Notice>
      ) : (
        <Loading rows={2} />
      )}
    </AuthFrame>
  );
}

function Accept({ token, preview }: { token: string; preview: InvitationPreview }) {
  const { t } = useTranslation(['auth', 'common']);
  const router = useRouter();
  const { email, role, invited_by, has_account } = preview;
  const signedInAs = useStore(sessionStore, ({ session }) => session?.user.email);
  const isSelf = signedInAs?.toLowerCase() === email.toLowerCase();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [needsCode, setNeedsCode] = useState(false);
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const wrong = codeFault(problem);
  const asked = problem !== null && asksForCode(problem);
  if (asked && !needsCode) setNeedsCode(true);
  const { faults, rest } = sortFaults(asked || wrong ? null : problem, ['name', 'password', 'totp']);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const own = isSelf ? {} : has_account ? { password } : { name: name.trim(), password };
    const input = { token, ...own, ...(code.trim() ? { totp: code.trim() } : {}) };
    if (await act(() => acceptInvitation(input))) router.history.push('/dashboard/');
  };
  return (
    <>
      <p className="text-ink-2">
        {invited_by
          ? t('invite.by', { name: invited_by, role: t(`common:role.${role}`), email })
          : t('invite.intro', { role: t(`common:role.${role}`), email })}
      </p>
      <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
        {!isSelf && !has_account && (
          <>
            <TextField
              label={t('name')}
              autoComplete="name"
              maxLength={100}
              error={faults.name}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <PasswordField
              typed={password}
              error={faults.password}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </>
        )}
        {!isSelf && has_account && (
          <TextField
            label={t('password')}
            type="password"
            autoComplete="current-password"
            hint={t('invite.known')}
            error={faults.password}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
        {needsCode && (
          <CodeField
            error={wrong ?? faults.totp}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        <FormProblem problem={rest} />
        <Button type="submit" kind="primary" size="wide" busy={busy}>
          {t('invite.submit')}
        </Button>
      </form>
    </>
  );
}
