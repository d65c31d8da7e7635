import { useTranslation } from 'react-i18next';
import type { ApiKey } from '@/api/types';
import { dateOnly, dateTime, timeLeft } from '@/lib/format';
import { useCan, useNow } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { type Column, Table } from '@/ui/Table';
import { stateOf } from '../model';
import { Scopes } from './Scopes';

const tones = {
  active: 'ok',
  replaced: 'warn',
  expiring: 'warn',
  expired: 'plain',
  revoked: 'plain',
} as const;

interface Props {
  keys: readonly ApiKey[];
  onRotate: (key: ApiKey) => void;
  onRevoke: (key: ApiKey) => void;
}

export function KeysTable({ keys, onRotate, onRevoke }: Props) {
  const { t } = useTranslation('keys');
  const rotates = useCan('key.rotate');
  const revokes = useCan('key.revoke');
  const now = useNow(keys.some((key) => key.rotated_at && key.status === 'active'));
  const columns: Column<ApiKey>[] = [
    {
      id: 'name',
      label: t('name'),
      lead: true,
      cell: ({ name, mode, status, allowed_cidrs }) => (
        <span className="grid gap-0.5">
          <span className="flex flex-wrap items-center gap-2 font-medium">
            <span className={`wrap-anywhere ${status === 'active' ? '' : 'text-ink-3'}`}>{name}</span>
            {mode === 'test' && <Chip tone="human">{t('mode.test')}</Chip>}
          </span>
          {allowed_cidrs.length > 0 && (
            <span className="flex flex-wrap gap-x-2 text-xs text-ink-3">
              {t('networks')}
              {allowed_cidrs.map((network) => (
                <span key={network} className="fig wrap-anywhere">
                  {network}
                </span>
              ))}
            </span>
          )}
        </span>
      ),
    },
    { id: 'prefix', label: t('prefix'), cell: ({ prefix }) => <span className="fig">{prefix}…</span> },
    {
      id: 'scopes',
      label: t('scopes'),
      cell: ({ name, scopes }) => <Scopes of={name} scopes={scopes} />,
    },
    {
      id: 'status',
      label: t('status'),
      tight: true,
      cell: (key) => {
        const state = stateOf(key, now);
        return (
          <span className="grid justify-items-start gap-0.5">
            <Chip tone={tones[state]}>{t(`state.${state}`)}</Chip>
            {state === 'replaced' && key.expires_at && (
              <span className="fig text-warn">
                {t('overlapLeft', { time: timeLeft(Date.parse(key.expires_at) - now) })}
              </span>
            )}
          </span>
        );
      },
    },
    {
      id: 'expires',
      label: t('expires'),
      tight: true,
      cell: ({ expires_at }) => (expires_at ? dateOnly(expires_at) : t('never')),
    },
    {
      id: 'used',
      label: t('used'),
      tight: true,
      cell: ({ last_used_at }) => (last_used_at ? dateTime(last_used_at) : t('never')),
    },
  ];
  if (rotates || revokes) {
    columns.push({
      id: t('actions'),
      label: '',
      tight: true,
      cell: (key) =>
        key.status !== 'active' ? null : (
          <span className="flex gap-1 max-md:flex-wrap md:justify-end">
            {rotates && !key.rotated_at && (
              <Button
                size="small"
                data-row=""
                aria-label={t('rotate', { name: key.name })}
                onClick={() => onRotate(key)}
              >
                {t('rotateShort')}
              </Button>
            )}
            {revokes && (
              <Button
                size="small"
                kind="quiet"
                aria-label={t('revoke', { name: key.name })}
                onClick={() => onRevoke(key)}
              >
                {t('revokeShort')}
              </Button>
            )}
          </span>
        ),
    });
  }
  return <Table caption={t('caption')} columns={columns} rows={keys} keyOf={(key) => key.id} />;
}
