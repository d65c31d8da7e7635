import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import { useCan } from '@/lib/hooks';
import { useKeys, useRowKeys } from '@/lib/keys';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Block, Body, Page } from '@/ui/Page';
import { Answer, Notice } from '@/ui/States';
import '../strings';
import { listInvitations, listMembers } from '../model';
import { InvitationsTable } from '../parts/InvitationsTable';
import { InviteDialog } from '../parts/InviteDialog';
import { MembersTable } from '../parts/MembersTable';

/** The people of the company, and who is asked to join it. */
export function MembersPage() {
  const { t } = useTranslation(['members', 'common']);
  const invites = useCan('member.invite');
  const [inviting, setInviting] = useState(false);
  const [invited, setInvited] = useState<string | null>(null);
  const members = usePages(['get', '/v1/members', 'list'], listMembers);
  const invitations = usePages(['get', '/v1/invitations', 'list'], listInvitations);
  const open = () => {
    setInvited(null);
    setInviting(true);
  };
  useKeys({ c: () => invites && open() });
  useRowKeys();
  return (
    <Page
      title={t('common:page.members')}
      actions={
        invites && (
          <Button kind="primary" onClick={open}>
            {t('invite')}
          </Button>
        )
      }
    >
      <Body>
        {invited && (
          <div className="max-md:px-3">
            <Notice kind="ok">{t('invited', { email: invited })}</Notice>
          </div>
        )}
        <Block title={t('people')} pad={false}>
          <Answer of={members} problem={asProblem} rows={4} small>
            {({ pages }) => (
              <MembersTable members={pages.flatMap((page) => page.data)} whole={!members.hasNextPage} />
            )}
          </Answer>
          <More of={members} ruled />
        </Block>
        <Block title={t('invitations')} pad={false}>
          <Answer of={invitations} problem={asProblem} rows={2} small>
            {({ pages }) => {
              const asked = pages.flatMap((page) => page.data);
              return asked.length === 0 ? (
                <p className="p-4 text-ink-2">{t('noInvitations')}</p>
              ) : (
                <InvitationsTable invitations={asked} onSent={setInvited} />
              );
            }}
          </Answer>
          <More of={invitations} ruled />
        </Block>
      </Body>
      <InviteDialog
        open={inviting}
        onClose={() => setInviting(false)}
        onInvited={(email) => {
          setInviting(false);
          setInvited(email);
        }}
      />
    </Page>
  );
}
