import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { OpenSession } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { revokeOthers, revokeSession } from '../security';

/** From where one is signed in, each ended by its own button. */
export function Sessions() {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const sessions = $api.useQuery('get', '/v1/sessions');
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.id);
  const [ending, setEnding] = useState<OpenSession | null>(null);
  const [endingAll, setEndingAll] = useState(false);
  const changed = () =>
    client.invalidateQueries({ queryKey: $api.queryOptions('get', '/v1/sessions').queryKey.slice(0, 2) });
  const columns: Column<OpenSession>[] = [
    {
      id: 'device',
      label: t('sessions.device'),
      lead: true,
      cell: (session) => (
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-medium" title={session.user_agent}>
            {session.device}
          </span>
          {session.current && <Chip tone="brand">{t('sessions.this')}</Chip>}
          {session.tenant_id !== tenant && <Chip>{session.tenant_name}</Chip>}
        </span>
      ),
    },
    {
      id: 'from',
      label: t('sessions.from'),
      cell: ({ address }) => <span className="fig break-all">{address || '–'}</span>,
    },
    {
      id: 'since',
      label: t('sessions.since'),
      minor: true,
      tight: true,
      cell: ({ created_at }) => dateTime(created_at),
    },
    {
      id: 'seen',
      label: t('sessions.seen'),
      tight: true,
      cell: ({ last_used_at }) => dateTime(last_used_at),
    },
    {
      id: t('sessions.actions'),
      label: '',
      cell: (session) =>
        session.current ? null : (
          <span className="flex md:justify-end">
            <Button
              size="small"
              kind="quiet"
              aria-label={t('sessions.end', { device: session.device, from: session.address })}
              onClick={() => setEnding(session)}
            >
              {t('sessions.endShort')}
            </Button>
          </span>
        ),
    },
  ];
  return (
    <Block
      title={t('sessions.title')}
      pad={false}
      actions={
        sessions.data &&
        sessions.data.data.length > 1 && (
          <Button size="small" onClick={() => setEndingAll(true)}>
            {t('sessions.endOthers')}
          </Button>
        )
      }
    >
      <Answer of={sessions} problem={asProblem} rows={2} small>
        {({ data }) => (
          <Table caption={t('sessions.title')} columns={columns} rows={data} keyOf={({ id }) => id} />
        )}
      </Answer>
      <Confirm
        open={ending !== null}
        title={t('sessions.endTitle', { device: ending?.device ?? '' })}
        hint={t('sessions.endHint')}
        submit={t('sessions.endSubmit')}
        run={async () => {
          if (ending) await revokeSession(ending.id);
          await changed();
        }}
        onClose={() => setEnding(null)}
      />
      <Confirm
        open={endingAll}
        title={t('sessions.endOthersTitle')}
        hint={t('sessions.endHint')}
        submit={t('sessions.endOthers')}
        run={async () => {
          await revokeOthers();
          await changed();
        }}
        onClose={() => setEndingAll(false)}
      />
    </Block>
  );
}
