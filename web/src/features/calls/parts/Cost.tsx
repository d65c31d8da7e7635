import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Call, CallUsage } from '@/api/types';
import { amountOf, money } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { SkuCode } from '@/lib/SkuCode';
import { skuName } from '@/lib/sku';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';

/** What the call cost, line by line; the carrier's own price comes some minutes after the end. */
export function Cost({ call }: { call: Call }) {
  const { t } = useTranslation('calls');
  const sees = useCan('usage.read');
  const usage = $api.useQuery(
    'get',
    '/v1/calls/{id}/usage',
    { params: { path: { id: call.id } } },
    { enabled: sees, refetchInterval: call.settled ? false : 5_000 },
  );
  if (!sees) return null;
  return (
    <Block title={t('cost')} pad={false}>
      <Answer of={usage} problem={asProblem} rows={2}>
        {(known) => <Lines usage={known} call={call} />}
      </Answer>
    </Block>
  );
}

const units = ['minute', 'token', 'call'] as const;

function Lines({ usage, call }: { usage: CallUsage; call: Call }) {
  const { t } = useTranslation('calls');
  const { t: common } = useTranslation('common');
  const { currency } = usage.total;
  if (usage.data.length === 0) {
    return <p className="p-4 text-ink-2">{call.status === 'ended' ? t('bill.nothing') : t('bill.later')}</p>;
  }
  return (
    <>
      <table className="w-full border-collapse">
        <caption className="sr-only">{t('bill.caption')}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">{t('bill.what')}</th>
            <th scope="col">{t('bill.amount')}</th>
          </tr>
        </thead>
        <tbody>
          {usage.data.map(({ sku, unit, quantity, amount }) => {
            const known = units.find((each) => each === unit);
            const figure = amountOf(quantity);
            return (
              <tr key={sku} className="border-b border-line">
                <th scope="row" className="px-4 py-1.5 text-start font-normal">
                  {skuName(sku, common) ?? <SkuCode sku={sku} />}
                  <span className="block text-xs text-ink-3">
                    {known
                      ? t(`bill.unit.${known}`, { count: quantity, amount: figure })
                      : t('bill.unit.other', { amount: figure, unit })}
                    {' · '}
                    <SkuCode sku={sku} />
                  </span>
                </th>
                <td className="fig px-4 py-1.5 text-end align-top whitespace-nowrap">
                  {money({ amount, currency })}
                </td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" className="px-4 py-2 text-start font-medium">
              {t('bill.total')}
            </th>
            <td className="fig px-4 py-2 text-end font-medium">{money(usage.total)}</td>
          </tr>
        </tfoot>
      </table>
      <p className="border-t border-line px-4 py-2 text-xs text-ink-3">
        {usage.settled ? t('bill.settled') : t('bill.unsettled')}
      </p>
    </>
  );
}
