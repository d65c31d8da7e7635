import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { phone } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { ButtonLink } from '@/ui/Button';
import { Empty } from '@/ui/States';

/** No call is going on: which number to ring, or where to get one. */
export function NoLines() {
  const { t } = useTranslation(['live', 'common']);
  const canBuy = useCan('number.buy');
  const reads = useCan('number.read');
  const calls = useCan('web_call.create');
  const numbers = $api.useQuery('get', '/v1/numbers', {}, { enabled: reads });
  const number = numbers.data?.data.find((each) => each.status === 'active');
  if (number) {
    return (
      <Empty
        title={t('empty.title')}
        hint={t('empty.ring', { number: phone(number.e164) })}
        action={calls && <ButtonLink to="/phone">{t('common:page.phone')}</ButtonLink>}
      />
    );
  }
  if (!numbers.data) return <Empty title={t('empty.title')} hint={t('empty.wait')} />;
  return (
    <Empty
      title={t('empty.title')}
      hint={t('empty.noNumber')}
      action={
        canBuy && (
          <ButtonLink to="/numbers" search={{ buy: true }} kind="primary">
            {t('empty.buy')}
          </ButtonLink>
        )
      }
    />
  );
}
