import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AvailableNumber } from '@/api/types';
import { phone } from '@/lib/format';
import { Dialog } from '@/ui/Dialog';
import { BuyForm } from './BuyForm';
import { SearchPane } from './SearchPane';

/** Search the numbers on sale, choose one, buy it. */
export function BuyDrawer({
  open,
  onClose,
  onBought,
}: {
  open: boolean;
  onClose: () => void;
  onBought: (e164: string) => void;
}) {
  const { t } = useTranslation('numbers');
  const [chosen, setChosen] = useState<AvailableNumber | null>(null);
  return (
    <Dialog
      open={open}
      onClose={() => {
        setChosen(null);
        onClose();
      }}
      place="drawer"
      title={chosen ? t('confirm.title', { number: phone(chosen.e164) }) : t('search.title')}
      description={chosen ? undefined : t('search.hint')}
    >
      {chosen ? (
        <BuyForm
          chosen={chosen}
          onBack={() => setChosen(null)}
          onBought={(e164) => {
            setChosen(null);
            onBought(e164);
          }}
        />
      ) : (
        <SearchPane onChoose={setChosen} />
      )}
    </Dialog>
  );
}
