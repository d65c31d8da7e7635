import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { LinkedIdentity } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { FormProblem, useAct } from '@/lib/forms';
import { useMe } from '@/lib/hooks';
import { Button } from '@/ui/Button';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { leaveToLink, unlinkIdentity } from '../security';

/** Ties one's account to who one is at the company's own sign-in, and unties it. */
export function LinkSso() {
  const { t } = useTranslation('settings');
  const { busy, problem, act } = useAct();
  const client = useQueryClient();
  const identities = $api.useQuery('get', '/v1/identities');
  const inPlan = useMe().data?.limits.sso ?? true;
  const [leaving, setLeaving] = useState<LinkedIdentity | null>(null);
  const columns: Column<LinkedIdentity>[] = [
    {
      id: 'issuer',
      label: t('link.provider'),
      lead: true,
      cell: ({ issuer }) => <span className="font-medium wrap-anywhere">{hostOf(issuer)}</span>,
    },
    {
      id: 'subject',
      label: t('link.subject'),
      cell: ({ subject }) => <span className="fig break-all">{subject}</span>,
    },
    { id: 'since', label: t('link.since'), tight: true, cell: ({ linked_at }) => dateTime(linked_at) },
    {
      id: 'acts',
      label: '',
      cell: (identity) => (
        <span className="flex md:justify-end">
          <Button
            size="small"
            kind="quiet"
            aria-label={t('link.leave', { provider: hostOf(identity.issuer) })}
            onClick={() => setLeaving(identity)}
          >
            {t('link.leaveShort')}
          </Button>
        </span>
      ),
    },
  ];
  const [had, setHad] = useState(false);
  if (!had && identities.data && identities.data.data.length > 0) setHad(true);
  // There is no such sign-in, and nothing of one is left.
  if (!inPlan && !had) return null;
  return (
    <Block
      title={t('link.title')}
      pad={false}
      actions={
        inPlan && (
          <Button size="small" busy={busy} onClick={() => void act(leaveToLink)}>
            {t('link.go')}
          </Button>
        )
      }
    >
      <div className="grid gap-3 border-b border-line p-4">
        <p className="text-ink-2">{t('link.hint')}</p>
        <FormProblem problem={problem} />
      </div>
      <Answer of={identities} problem={asProblem} rows={1} small>
        {({ data }) =>
          data.length === 0 ? (
            <p className="p-4 text-ink-2">{t('link.none')}</p>
          ) : (
            <Table caption={t('link.title')} columns={columns} rows={data} keyOf={({ id }) => id} />
          )
        }
      </Answer>
      <Confirm
        open={leaving !== null}
        title={t('link.leaveTitle', { provider: hostOf(leaving?.issuer ?? '') })}
        hint={t('link.leaveHint')}
        submit={t('link.leaveShort')}
        run={async () => {
          if (leaving) await unlinkIdentity(leaving.id);
          await client.invalidateQueries({
            predicate: ({ queryKey }) => ['/v1/identities', '/v1/sessions'].includes(String(queryKey[1])),
          });
        }}
        onClose={() => setLeaving(null)}
      />
    </Block>
  );
}

/** A provider as people know it. */
function hostOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).host : issuer;
}
