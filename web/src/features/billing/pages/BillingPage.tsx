import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { dayWithYear, money } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Segments } from '@/ui/Field';
import { Block, Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { byDay, periodOf, ranges } from '../model';
import { DayChart } from '../parts/DayChart';
import { Exports } from '../parts/Exports';
import { SkuTable } from '../parts/SkuTable';

const route = getRouteApi('/_app/billing');

/** What was used and what it costs, by kind and by day, and exports of it. */
export function BillingPage() {
  const { t } = useTranslation(['billing', 'common']);
  const navigate = useNavigate();
  const { range = 'month' } = route.useSearch();
  const [now] = useState(() => Date.now());
  const { from, to } = useMemo(() => periodOf(range, now), [range, now]);
  const bySku = $api.useQuery('get', '/v1/usage', { params: { query: { from, to, group_by: 'sku' } } });
  const days = $api.useQuery('get', '/v1/usage', { params: { query: { from, to, group_by: 'day' } } });
  const exports = useCan('export.create');
  const last = new Date(Date.parse(to) - 1).toISOString();
  return (
    <Page
      title={t('common:page.billing')}
      actions={
        <Segments
          label={t('range')}
          value={range}
          choices={ranges.map((value) => ({ value, label: t(`ranges.${value}`) }))}
          onChange={(value) =>
            void navigate({
              to: '/billing',
              search: value === 'month' ? {} : { range: value },
              replace: true,
            })
          }
        />
      }
    >
      <Body>
        <Answer of={bySku} problem={asProblem}>
          {(usage) => (
            <>
              <div className="flex flex-wrap items-baseline gap-x-4 px-4 md:px-0">
                <p className="text-2xl font-semibold tracking-tight">
                  <span className="sr-only">{t('total')} </span>
                  {money(usage.total)}
                </p>
                <p className="text-sm text-ink-2">
                  {t('period', { from: dayWithYear(from), to: dayWithYear(last) })}
                </p>
              </div>
              {usage.data.length === 0 ? (
                <Block>
                  <Empty title={t('empty.title')} hint={t('empty.hint')} />
                </Block>
              ) : (
                <>
                  {days.data && (
                    <DayChart days={byDay(days.data.data, from, to)} currency={usage.total.currency} />
                  )}
                  <Block title={t('bySku')} pad={false}>
                    <SkuTable usage={usage} />
                  </Block>
                </>
              )}
            </>
          )}
        </Answer>
        {exports && <Exports from={from} to={to} />}
      </Body>
    </Page>
  );
}
