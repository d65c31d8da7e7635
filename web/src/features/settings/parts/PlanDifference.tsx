import { useTranslation } from 'react-i18next';
import type { PlanChange, PlanInfo } from '@/api/types';
import { useFeeText, useLimitWords } from './limits';

/** What another plan costs and allows, beside what the company has now; only what differs. */
export function PlanDifference({ now, change }: { now: PlanInfo; change: PlanChange }) {
  const { t } = useTranslation('settings');
  const wordsOf = useLimitWords();
  const feeOf = useFeeText();
  const after = new Map(wordsOf(change.limits).map(({ id, text }) => [id, text]));
  const rows = [
    { name: t('plans.price'), before: feeOf(now.monthly_fee), after: feeOf(change.monthly_fee) },
    ...wordsOf(now.limits).map(({ id, name, text }) => ({ name, before: text, after: after.get(id) ?? '–' })),
  ].filter((row) => row.before !== row.after);
  return (
    <table className="w-full border-collapse text-sm">
      <caption className="sr-only">{t('plans.difference')}</caption>
      <thead>
        <tr className="border-b border-line text-xs text-ink-3">
          <th scope="col" className="py-1.5 pe-3 text-start font-medium">
            <span className="sr-only">{t('plans.what')}</span>
          </th>
          <th scope="col" className="py-1.5 pe-3 text-end font-medium">
            {t(`plans.name.${change.from}`)}
          </th>
          <th scope="col" className="py-1.5 text-end font-medium">
            {t(`plans.name.${change.to}`)}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name} className="border-b border-line align-baseline">
            <th scope="row" className="py-1.5 pe-3 text-start font-normal text-ink-2">
              {row.name}
            </th>
            <td className="py-1.5 pe-3 text-end text-ink-3">{row.before}</td>
            <td className="py-1.5 text-end font-medium">{row.after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
