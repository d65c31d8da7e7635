import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { Erasure } from '@/api/types';
import { saveFile } from '@/lib/files';
import { dateTime } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Block } from '@/ui/Page';
import { Answer, Notice } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { askErasure, isUnderWay, listErasures, usePrivacyChanged } from '../privacy';
import { useRequestColumns } from './RequestColumns';
import { SubjectForm } from './SubjectForm';

/** Erasure of a contact, or of the company with everything, each with a signed receipt. */
export function Erasures() {
  const { t } = useTranslation('settings');
  const changed = usePrivacyChanged();
  const asks = useCan('tenant.close');
  const company = useStore(sessionStore, ({ session }) => session?.tenant.name ?? '');
  const [asking, setAsking] = useState(false);
  const list = usePages(['get', '/v1/privacy/erasures', 'list'], listErasures, {
    moves: ({ data }) => data.some(isUnderWay),
  });
  const columns: Column<Erasure>[] = [
    ...useRequestColumns(),
    {
      id: 'done',
      label: t('privacy.done'),
      cell: ({ done_at }) => (done_at ? dateTime(done_at) : '–'),
    },
    {
      id: t('privacy.actions'),
      label: '',
      cell: (erasure) =>
        erasure.receipt ? (
          <span className="flex md:justify-end">
            <Button
              size="small"
              aria-label={t('erasures.receiptOf', { time: dateTime(erasure.created_at) })}
              onClick={() => saveReceipt(erasure)}
            >
              {t('erasures.receipt')}
            </Button>
          </span>
        ) : null,
    },
  ];
  return (
    <Block
      title={t('erasures.title')}
      pad={false}
      actions={
        asks && (
          <Button size="small" kind="danger" onClick={() => setAsking(true)}>
            {t('erasures.ask')}
          </Button>
        )
      }
    >
      <Answer of={list} problem={asProblem} rows={1} small>
        {({ pages }) => {
          const data = pages.flatMap((page) => page.data);
          return data.length === 0 ? (
            <p className="p-4 text-ink-2">{t('erasures.empty')}</p>
          ) : (
            <Table caption={t('erasures.title')} columns={columns} rows={data} keyOf={({ id }) => id} />
          );
        }}
      </Answer>
      <More of={list} ruled />
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={t('erasures.askTitle')}
        description={t('erasures.askHint')}
      >
        <SubjectForm
          label={t('privacy.of')}
          submit={t('erasures.submit')}
          kind="grave"
          confirmation={company}
          note={(subject) => <Notice kind="warn">{t(`erasures.note.${subject}`)}</Notice>}
          send={async (subject, key) => {
            await askErasure(subject, key);
            await changed();
          }}
          onClose={() => setAsking(false)}
        />
      </Dialog>
    </Block>
  );
}

function saveReceipt({ id, receipt }: Erasure): void {
  const text = JSON.stringify(receipt, null, 2);
  saveFile(new Blob([text], { type: 'application/json' }), `receipt-${id}.json`);
}
