import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, download } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PrivacyExport } from '@/api/types';
import { bytes, dateTime } from '@/lib/format';
import { FormProblem, useAct } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { askCopy, isUnderWay, usePrivacyChanged } from '../privacy';
import { SubjectForm } from './SubjectForm';

const tones = { queued: 'plain', running: 'brand', ready: 'ok', failed: 'danger' } as const;
type State = keyof typeof tones;

/** Copies of everything that is kept of a contact or of the company. */
export function Copies() {
  const { t } = useTranslation('settings');
  const changed = usePrivacyChanged();
  const asks = useCan('tenant.export');
  const [asking, setAsking] = useState(false);
  const { problem, act } = useAct();
  const list = $api.useQuery(
    'get',
    '/v1/privacy/exports',
    {},
    { refetchInterval: ({ state }) => (state.data?.data.some(isUnderWay) ? 1_000 : false) },
  );
  const columns: Column<PrivacyExport>[] = [
    {
      id: 'subject',
      label: t('privacy.of'),
      cell: ({ subject }) => t(subject === 'tenant' ? 'privacy.company' : 'privacy.contact'),
    },
    { id: 'asked', label: t('privacy.asked'), cell: ({ created_at }) => dateTime(created_at) },
    {
      id: 'status',
      label: t('privacy.status'),
      cell: ({ status, failure }) => (
        <span role="status" className="flex flex-wrap items-center gap-2">
          <Chip tone={tones[status as State] ?? 'plain'}>
            {status in tones ? t(`privacy.state.${status as State}`) : status}
          </Chip>
          {failure && <span className="text-xs text-danger">{failure}</span>}
        </span>
      ),
    },
    {
      id: 'size',
      label: t('privacy.size'),
      figure: true,
      cell: ({ size_bytes }) => (size_bytes == null ? '–' : bytes(size_bytes)),
    },
    {
      id: 'until',
      label: t('privacy.until'),
      cell: ({ expires_at }) => (expires_at ? dateTime(expires_at) : '–'),
    },
    {
      id: t('privacy.actions'),
      label: '',
      cell: ({ id, status, created_at }) =>
        status === 'ready' && asks ? (
          <span className="flex md:justify-end">
            <Button
              size="small"
              aria-label={t('copies.downloadOf', { time: dateTime(created_at) })}
              onClick={() => void act(() => download(`/v1/privacy/exports/${id}/download`, `${id}.tar`))}
            >
              <Download size={14} aria-hidden="true" />
              {t('copies.download')}
            </Button>
          </span>
        ) : null,
    },
  ];
  return (
    <Block
      title={t('copies.title')}
      pad={false}
      actions={
        asks && (
          <Button size="small" onClick={() => setAsking(true)}>
            {t('copies.ask')}
          </Button>
        )
      }
    >
      {problem && (
        <div className="p-3">
          <FormProblem problem={problem} />
        </div>
      )}
      <Answer of={list} problem={asProblem} rows={1}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="p-4 text-ink-2">{t('copies.empty')}</p>
          ) : (
            <Table caption={t('copies.title')} columns={columns} rows={data} keyOf={({ id }) => id} />
          )
        }
      </Answer>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t('copies.askTitle')}
        description={t('copies.askHint')}
      >
        <SubjectForm
          label={t('privacy.of')}
          submit={t('copies.submit')}
          kind="primary"
          note={() => null}
          send={async (subject, key) => {
            await askCopy(subject, key);
            await changed();
          }}
          onClose={() => setAsking(false)}
        />
      </Dialog>
    </Block>
  );
}
