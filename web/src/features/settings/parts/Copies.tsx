import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { download } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { PrivacyExport } from '@/api/types';
import { bytes, dateTime } from '@/lib/format';
import { FormProblem, useAct } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { askCopy, isUnderWay, listCopies, usePrivacyChanged } from '../privacy';
import { useRequestColumns } from './RequestColumns';
import { SubjectForm } from './SubjectForm';

/** Copies of everything that is kept of a contact or of the company. */
export function Copies() {
  const { t } = useTranslation('settings');
  const changed = usePrivacyChanged();
  const asks = useCan('tenant.export');
  const [asking, setAsking] = useState(false);
  const { problem, act } = useAct();
  const list = usePages(['get', '/v1/privacy/exports', 'list'], listCopies, {
    moves: ({ data }) => data.some(isUnderWay),
  });
  const columns: Column<PrivacyExport>[] = [
    ...useRequestColumns(),
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
      <Answer of={list} problem={asProblem} rows={1} small>
        {({ pages }) => {
          const data = pages.flatMap((page) => page.data);
          return data.length === 0 ? (
            <p className="p-4 text-ink-2">{t('copies.empty')}</p>
          ) : (
            <Table caption={t('copies.title')} columns={columns} rows={data} keyOf={({ id }) => id} />
          );
        }}
      </Answer>
      <More of={list} ruled />
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
