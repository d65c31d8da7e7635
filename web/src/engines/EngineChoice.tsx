import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import type { Capability } from '@/api/types';
import { money } from '@/lib/format';
import { useCan } from '@/lib/hooks';
import { Check, FieldFault } from '@/ui/Field';
import { type ChosenEngine, engines, type MinuteCost, minuteCost, priceList } from './engines';
import './strings';

interface Props {
  value: ChosenEngine;
  /** The speech model whose sound is priced. */
  model: string | null;
  capabilities: readonly Capability[];
  error?: string;
  onChange: (engine: ChosenEngine) => void;
}

/** The engines, each with a sentence on what it does and one on what it costs. */
export function EngineChoice({ value, model, capabilities, error, onChange }: Props) {
  const { t } = useTranslation('engines');
  const id = useId();
  const sees = useCan('usage.read');
  const { data } = $api.useQuery('get', '/v1/prices', {}, { enabled: sees, staleTime: 300_000 });
  const prices = priceList(data?.data ?? []);
  return (
    <fieldset className="grid gap-1.5" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="mb-1 text-sm font-medium text-ink-2">{t('label')}</legend>
      {engines.map((engine) => {
        const available = capabilities.find((each) => each.engine === engine)?.available ?? true;
        const cost = minuteCost(engine, prices, model);
        const costs = cost ? t(`cost.${engine}`, figures(cost)) : t(`costWords.${engine}`);
        return (
          <Check
            key={engine}
            type="radio"
            name={id}
            label={<span className="font-medium">{t(`name.${engine}`)}</span>}
            hint={available ? `${t(`does.${engine}`)} ${costs}` : t('unavailable')}
            checked={engine === value}
            disabled={!available}
            onChange={() => onChange(engine)}
          />
        );
      })}
      <FieldFault id={`${id}-error`} text={error} />
    </fieldset>
  );
}

function figures({ line, relay = 0, stream = 0, heard = 0, spoken = 0 }: MinuteCost) {
  const dollars = (amount: string) => money({ amount, currency: 'USD' });
  return {
    line: dollars(String(line)),
    relay: dollars(String(relay)),
    stream: dollars(String(stream)),
    // Reckoned from sound that varies: no more digits than it is worth.
    heard: dollars(heard.toFixed(2)),
    spoken: dollars(spoken.toFixed(2)),
  };
}
