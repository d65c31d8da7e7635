import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { sessionStore } from '@/api/session';
import type { Member } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateOnly, dateTime } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';
import { isLastAdmin, leave, removeMember, useMembersChanged } from '../model';
import { RoleDialog } from './RoleDialog';

const tones = { admin: 'brand', supervisor: 'human', viewer: 'plain' } as const;

/** `whole` says that nobody is missing, so that the last admin can be told. */
export function MembersTable({ members, whole }: { members: readonly Member[]; whole: boolean }) {
  const { t } = useTranslation(['members', 'common']);
  const changed = useMembersChanged();
  const changesRoles = useCan('member.role');
  const removes = useCan('member.remove');
  const self = useStore(sessionStore, ({ session }) => session?.user.id);
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const [changing, setChanging] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const isSelf = ({ id }: Member) => id === self;
  const columns: Column<Member>[] = [
    {
      id: 'name',
      label: t('name'),
      lead: true,
      cell: (member) => (
        <span className="grid">
          <span className="font-medium wrap-anywhere">
            <bdi>{member.name}</bdi>
            {isSelf(member) && <span className="ms-1 font-normal text-ink-3">({t('you')})</span>}
          </span>
          <span className="flex flex-wrap items-center gap-2 text-sm text-ink-2">
            <span className="wrap-anywhere">{member.email}</span>
            {!member.email_verified && <Chip tone="warn">{t('unverified')}</Chip>}
          </span>
        </span>
      ),
    },
    {
      id: 'role',
      label: t('role'),
      cell: ({ role }) => <Chip tone={tones[role]}>{t(`common:role.${role}`)}</Chip>,
    },
    {
      id: 'seen',
      label: t('seen'),
      tight: true,
      cell: ({ last_seen_at }) => (last_seen_at ? dateTime(last_seen_at) : t('never')),
    },
    {
      id: 'joined',
      label: t('joined'),
      minor: true,
      tight: true,
      cell: ({ created_at }) => dateOnly(created_at),
    },
  ];
  if (changesRoles || removes) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (member) => {
        if (whole && isLastAdmin(members, member))
          return <p className="text-sm text-ink-3 md:text-end">{t('lastAdmin')}</p>;
        return (
          <span className="flex flex-wrap gap-1 md:justify-end">
            {changesRoles && (
              <Button
                size="small"
                data-row=""
                aria-label={t('changeRole', { name: member.name })}
                onClick={() => setChanging(member)}
              >
                {t('changeRoleShort')}
              </Button>
            )}
            {removes && (
              <Button
                size="small"
                kind="quiet"
                aria-label={isSelf(member) ? t('leave') : t('remove', { name: member.name })}
                onClick={() => setRemoving(member)}
              >
                {isSelf(member) ? t('leaveSubmit') : t('removeShort')}
              </Button>
            )}
          </span>
        );
      },
    });
  }
  const leaves = removing !== null && isSelf(removing);
  return (
    <>
      <Table caption={t('peopleCaption')} columns={columns} rows={members} keyOf={({ id }) => id} />
      <RoleDialog member={changing} onClose={() => setChanging(null)} />
      <Confirm
        open={removing !== null}
        title={leaves ? t('leaveTitle', { tenant }) : t('removeTitle', { name: removing?.name ?? '' })}
        hint={leaves ? t('leaveHint') : t('removeHint')}
        submit={leaves ? t('leaveSubmit') : t('removeSubmit')}
        run={async () => {
          if (leaves) await leave();
          else if (removing) await removeMember(removing.id);
          await changed();
        }}
        onClose={() => setRemoving(null)}
      />
    </>
  );
}
