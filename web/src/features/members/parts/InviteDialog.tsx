import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Role } from '@/api/types';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { abilitiesOf } from '../abilities';
import { invite, useMembersChanged, useRoles } from '../model';
import { Abilities, RoleChoice } from './RoleChoice';

interface Props {
  onClose: () => void;
  onInvited: (email: string) => void;
}

export function InviteDialog({ open, ...props }: Props & { open: boolean }) {
  const { t } = useTranslation('members');
  return (
    <Dialog open={open} onClose={props.onClose} title={t('inviteTitle')} description={t('inviteHint')}>
      <InviteForm {...props} />
    </Dialog>
  );
}

function InviteForm({ onClose, onInvited }: Props) {
  const { t } = useTranslation(['members', 'common']);
  const changed = useMembersChanged();
  const known = useRoles();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('supervisor');
  const { busy, problem, act, forget } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['email']);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const done = await act(async () => {
      await invite(email.trim(), role);
      await changed();
    });
    if (done) onInvited(email.trim());
  };
  return (
    <form ref={form} noValidate onSubmit={submit} className="grid gap-4">
      <TextField
        label={t('email')}
        type="email"
        autoComplete="off"
        maxLength={254}
        error={faults.email}
        value={email}
        onChange={(event) => {
          forget();
          setEmail(event.target.value);
        }}
      />
      <RoleChoice value={role} onChange={setRole} />
      <Abilities title={t('canDo')} abilities={abilitiesOf(role, known)} sign="+" />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('inviteSubmit')}
        </Button>
      </Buttons>
    </form>
  );
}
