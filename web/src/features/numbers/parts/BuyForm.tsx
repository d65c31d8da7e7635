import { useTranslation } from 'react-i18next';
import type { AvailableNumber } from '@/api/types';
import { money } from '@/lib/format';
import { buyNumber, yearly } from '../model';
import { NewNumberForm } from './NewNumberForm';

/** The last look before money is spent: price, label, who answers. */
export function BuyForm({
  chosen: { e164, monthly_price: price },
  onBack,
  onBought,
}: {
  chosen: AvailableNumber;
  onBack: () => void;
  onBought: (e164: string) => void;
}) {
  const { t } = useTranslation('numbers');
  return (
    <NewNumberForm
      fields={[]}
      head={() => (
        <p className="text-ink-2">
          {price
            ? t('confirm.hint', { month: money(price), year: money(yearly(price)) })
            : t('confirm.hintFree')}
        </p>
      )}
      input={{ e164 }}
      send={(settings, key) => buyNumber({ e164, ...settings }, key)}
      submit={t('confirm.submit')}
      back={t('confirm.back')}
      onBack={onBack}
      onDone={onBought}
    />
  );
}
