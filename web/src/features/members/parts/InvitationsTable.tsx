import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { FormProblem, useAct } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';
import { inviteAgain, takeBack, useMembersChanged } from '../model';

export function InvitationsTable({
  invitations,
  onSent,
}: {
  invitations: readonly Invitation[];
  onSent: (email: string) => void;
}) {
  const { t } = useTranslation(['members', 'common']);
  const changed = useMembersChanged();
  const invites = useCan('member.invite');
  const [asking, setAsking] = useState<Invitation | null>(null);
  const { busy, problem, act } = useAct();
  const again = async (invitation: Invitation) => {
    const done = await act(async () => {
      await inviteAgain(invitation.id);
      await changed();
    });
    if (done) onSent(invitation.email);
  };
  const columns: Column<Invitation>[] = [
    {
      id: 'email',
      label: t('email'),
      lead: true,
      cell: ({ email }) => <span className="font-medium wrap-anywhere">{email}</span>,
    },
    { id: 'role', label: t('role'), cell: ({ role }) => <Chip>{t(`common:role.${role}`)}</Chip> },
    { id: 'by', label: t('by'), cell: ({ invited_by }) => invited_by ?? '–' },
    {
      id: 'until',
      label: t('until'),
      tight: true,
      cell: ({ expires_at, expired }) =>
        expired ? <Chip tone="warn">{t('expired')}</Chip> : dateTime(expires_at),
    },
  ];
  if (invites) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (invitation) => (
        <span className="flex flex-wrap gap-1 md:justify-end">
          <Button
            size="small"
            busy={busy}
            aria-label={t('again', { email: invitation.email })}
            onClick={() => void again(invitation)}
          >
            {t('againShort')}
          </Button>
          <Button
            size="small"
            kind="quiet"
            aria-label={t('takeBack', { email: invitation.email })}
            onClick={() => setAsking(invitation)}
          >
            {t('takeBackShort')}
          </Button>
        </span>
      ),
    });
  }
  return (
    <>
      {problem && (
        <div className="p-3">
          <FormProblem problem={problem} />
        </div>
      )}
      <Table caption={t('invitationsCaption')} columns={columns} rows={invitations} keyOf={({ id }) => id} />
      <Confirm
        open={asking !== null}
        title={t('takeBackTitle', { email: asking?.email ?? '' })}
        hint={t('takeBackHint')}
        submit={t('takeBackSubmit')}
        run={async () => {
          if (asking) await takeBack(asking.id);
          await changed();
        }}
        onClose={() => setAsking(null)}
      />
    </>
  );
}
