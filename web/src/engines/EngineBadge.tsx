import { useTranslation } from 'react-i18next';
import type { Engine } from '@/api/types';
import { Chip } from '@/ui/Bits';
import './strings';

/** How a call is spoken, by name. */
export function EngineBadge({ engine, from }: { engine: Engine; from?: Engine }) {
  const { t } = useTranslation('engines');
  return (
    <Chip tone={engine === 'realtime' ? 'brand' : 'plain'}>
      <span className="sr-only">{t('label')}: </span>
      {from && from !== engine && (
        <>
          <s>{t(`name.${from}`)}</s>
          <span className="mx-1">→</span>
        </>
      )}
      {t(`name.${engine}`)}
    </Chip>
  );
}
