import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ImportReport } from '@/api/types';
import { saveCsv } from '@/lib/files';
import { Button } from '@/ui/Button';
import { Notice } from '@/ui/States';

/** What became of each row: how many were taken, and why the others were not. */
export function Report({ report, rows }: { report: ImportReport; rows: readonly string[][] }) {
  const { t } = useTranslation('contacts');
  const { accepted, updated, refused, refusals } = report;
  return (
    <section aria-label={t('report.title')} className="grid gap-4">
      <Notice kind={refused > 0 ? 'warn' : 'ok'}>
        <p className="font-medium">{t('report.summary', { count: accepted + updated })}</p>
      </Notice>
      <dl className="grid grid-cols-3 gap-3">
        {(
          [
            ['accepted', accepted],
            ['updated', updated],
            ['refused', refused],
          ] as const
        ).map(([name, count]) => (
          <div key={name} className="rounded border border-line px-3 py-2">
            <dt className="text-xs text-ink-3">{t(`report.${name}`)}</dt>
            <dd className={`fig text-sm font-medium ${name === 'refused' && count > 0 ? 'text-danger' : ''}`}>
              {count}
            </dd>
          </div>
        ))}
      </dl>
      {refusals.length > 0 && (
        <>
          <div className="flex flex-wrap items-center gap-3">
            <h3 className="font-semibold">{t('report.why')}</h3>
            <Button size="small" onClick={() => saveCsv(refusedRows(report, rows), 'refused-contacts.csv')}>
              <Download size={14} aria-hidden="true" />
              {t('report.download')}
            </Button>
          </div>
          <table className="w-full border-collapse">
            <caption className="sr-only">{t('report.why')}</caption>
            <thead>
              <tr className="border-b border-line">
                <th scope="col" className="py-1.5 pe-3 text-start text-xs font-medium text-ink-3">
                  {t('report.line')}
                </th>
                <th scope="col" className="py-1.5 pe-3 text-start text-xs font-medium text-ink-3">
                  {t('number')}
                </th>
                <th scope="col" className="py-1.5 text-start text-xs font-medium text-ink-3">
                  {t('report.reason')}
                </th>
              </tr>
            </thead>
            <tbody>
              {refusals.slice(0, shown).map(({ line, phone_number, code, detail }) => (
                <tr key={`${line} ${code}`} className="border-b border-line align-top">
                  <td className="fig py-1.5 pe-3">{line}</td>
                  <td className="fig py-1.5 pe-3 break-all">{phone_number || '–'}</td>
                  <td className="py-1.5">{detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {refused > shown && (
            <p className="text-sm text-ink-3">{t('report.more', { count: refused - shown })}</p>
          )}
        </>
      )}
    </section>
  );
}

const shown = 100;

/** The refused rows as they came, with their reasons, to be put right and imported again. */
export function refusedRows({ refusals }: ImportReport, rows: readonly string[][]): string[][] {
  const [head = []] = rows;
  const body = refusals.map(({ line, detail }) => [...(rows[line - 1] ?? []), detail]);
  return [[...head, 'reason'], ...body];
}
