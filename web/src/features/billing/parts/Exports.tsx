import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, download, SubmissionKey } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Export } from '@/api/types';
import { amountOf, bytes, dateTime, dayWithYear } from '@/lib/format';
import { FormProblem } from '@/lib/forms';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';
import { type Column, Table } from '@/ui/Table';
import { createExport, isUnderWay, useExportsChanged } from '../model';

const tones = { queued: 'plain', running: 'brand', ready: 'ok', failed: 'danger' } as const;
type State = keyof typeof tones;

/** Asks for CSV exports of the period, follows them, and fetches them. */
export function Exports({ from, to }: { from: string; to: string }) {
  const { t } = useTranslation('billing');
  const changed = useExportsChanged();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const [key] = useState(() => new SubmissionKey());
  const list = $api.useQuery(
    'get',
    '/v1/exports',
    {},
    {
      refetchInterval: ({ state }) => (state.data?.data.some(isUnderWay) ? 1_000 : false),
    },
  );

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  const create = () =>
    attempt(async () => {
      await createExport(from, to, key.for({ from, to }));
      key.done();
      await changed();
    });
  const fetchFile = (job: Export) =>
    attempt(() =>
      download(`/v1/exports/${job.id}/download`, `usage-${job.from.slice(0, 10)}-${job.to.slice(0, 10)}.csv`),
    );

  return (
    <Block
      title={t('exports.title')}
      pad={false}
      actions={
        <Button size="small" kind="primary" busy={busy} onClick={() => void create()}>
          {t('exports.create')}
        </Button>
      }
    >
      {problem && (
        <div className="p-3">
          <FormProblem problem={problem} />
        </div>
      )}
      <Answer of={list} problem={asProblem} rows={2}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="p-4 text-ink-2">{t('exports.empty')}</p>
          ) : (
            <ExportTable jobs={data} onFetch={(job) => void fetchFile(job)} />
          )
        }
      </Answer>
    </Block>
  );
}

function ExportTable({ jobs, onFetch }: { jobs: readonly Export[]; onFetch: (job: Export) => void }) {
  const { t } = useTranslation('billing');
  const period = (job: Export) => {
    const last = new Date(Date.parse(job.to) - 1).toISOString();
    return `${dayWithYear(job.from)} – ${dayWithYear(last)}`;
  };
  const columns: Column<Export>[] = [
    { id: 'period', label: t('exports.period'), cell: period },
    { id: 'made', label: t('exports.made'), cell: ({ created_at }) => dateTime(created_at) },
    {
      id: 'status',
      label: t('exports.status'),
      cell: (job) => (
        <span role="status" className="flex flex-wrap items-center gap-2">
          <Chip tone={tones[job.status as State] ?? 'plain'}>
            {job.status in tones ? t(`exports.state.${job.status as State}`) : job.status}
          </Chip>
          {isUnderWay(job) && <progress className="h-1.5 w-20" aria-label={t('exports.progress')} />}
          {job.failure && <span className="text-xs text-danger">{job.failure}</span>}
        </span>
      ),
    },
    {
      id: 'rows',
      label: t('exports.rows'),
      figure: true,
      cell: ({ row_count }) => (row_count === null ? '–' : amountOf(row_count)),
    },
    {
      id: 'size',
      label: t('exports.size'),
      figure: true,
      cell: ({ size_bytes }) => (size_bytes === null ? '–' : bytes(size_bytes)),
    },
    {
      id: 'expires',
      label: t('exports.expires'),
      cell: ({ expires_at }) => (expires_at ? dateTime(expires_at) : '–'),
    },
    {
      id: t('exports.actions'),
      label: '',
      cell: (job) => (
        <span className="flex justify-end">
          {job.status === 'ready' && (
            <Button
              size="small"
              aria-label={t('exports.downloadOf', { period: period(job) })}
              onClick={() => onFetch(job)}
            >
              <Download size={14} aria-hidden="true" />
              {t('exports.download')}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return <Table caption={t('exports.caption')} columns={columns} rows={jobs} keyOf={(job) => job.id} />;
}
