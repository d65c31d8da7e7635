import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/api/types';
import { dateOnly, dateTime } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';
import { stateOf } from '../model';

const tones = { active: 'ok', expiring: 'warn', expired: 'plain', revoked: 'plain' } as const;

export function KeysTable({ keys, onRevoke }: { keys: readonly ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  const { t } = useTranslation('keys');
  const revokes = useCan('key.revoke');
  const now = Date.now();
  const columns: Column<ApiKey>[] = [
    { id: 'name', label: t('name'), cell: ({ name }) => <span className="font-medium">{name}</span> },
    { id: 'prefix', label: t('prefix'), cell: ({ prefix }) => <span className="fig">{prefix}…</span> },
    {
      id: 'scopes',
      label: t('scopes'),
      cell: ({ scopes }) => (
        <span className="flex flex-wrap gap-1">
          {scopes.map((scope) => (
            <Chip key={scope}>{scope}</Chip>
          ))}
        </span>
      ),
    },
    {
      id: 'status',
      label: t('status'),
      cell: (key) => {
        const state = stateOf(key, now);
        return <Chip tone={tones[state]}>{t(`state.${state}`)}</Chip>;
      },
    },
    {
      id: 'expires',
      label: t('expires'),
      cell: ({ expires_at }) => (expires_at ? dateOnly(expires_at) : t('never')),
    },
    {
      id: 'used',
      label: t('used'),
      cell: ({ last_used_at }) => (last_used_at ? dateTime(last_used_at) : t('never')),
    },
  ];
  if (revokes) {
    columns.push({
      id: t('actions'),
      label: '',
      cell: (key) =>
        key.status === 'revoked' ? null : (
          <span className="flex justify-end">
            <Button
              size="small"
              kind="quiet"
              aria-label={t('revoke', { name: key.name })}
              onClick={() => onRevoke(key)}
            >
              {t('revokeShort')}
            </Button>
          </span>
        ),
    });
  }
  return <Table caption={t('caption')} columns={columns} rows={keys} keyOf={(key) => key.id} />;
}
