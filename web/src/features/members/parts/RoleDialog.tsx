import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Member } from '@/api/types';
import { FormProblem, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { changeOf } from '../abilities';
import { changeRole, useMembersChanged, useRoles } from '../model';
import { Abilities, RoleChoice } from './RoleChoice';

/** Another role for somebody, with what they lose and gain by it. */
export function RoleDialog({ member, onClose }: { member: Member | null; onClose: () => void }) {
  const { t } = useTranslation('members');
  return (
    <Dialog
      open={member !== null}
      onClose={onClose}
      title={t('roleTitle', { name: member?.name ?? '' })}
      description={t('roleHint')}
    >
      {member && <RoleForm member={member} onClose={onClose} />}
    </Dialog>
  );
}

function RoleForm({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation(['members', 'common']);
  const changed = useMembersChanged();
  const [role, setRole] = useState(member.role);
  const { busy, problem, act } = useAct();
  const known = useRoles();
  const { lost, gained } = changeOf(member.role, role, known);
  const submit = async () => {
    const done = await act(async () => {
      await changeRole(member.id, role);
      await changed();
    });
    if (done) onClose();
  };
  const { name } = member;
  return (
    <div className="grid gap-4">
      <RoleChoice value={role} onChange={setRole} />
      <div aria-live="polite" className="grid gap-3">
        {role === member.role && <p className="text-sm text-ink-2">{t('sameRole')}</p>}
        <Abilities title={t('lost', { name })} abilities={lost} sign="−" />
        <Abilities title={t('gained', { name })} abilities={gained} sign="+" />
      </div>
      <FormProblem problem={problem} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button kind="primary" busy={busy} disabled={role === member.role} onClick={() => void submit()}>
          {t('roleSubmit')}
        </Button>
      </Buttons>
    </div>
  );
}
