import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SubmissionKey } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { AvailableNumber } from '@/api/types';
import type { ChosenEngine } from '@/engines/engines';
import { money } from '@/lib/format';
import { FormProblem, sortFaults } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { buyNumber, useNumbersChanged, yearly } from '../model';
import { Answering } from './Answering';

/** The last look before money is spent: price, label, who answers. */
export function BuyForm({
  chosen,
  onBack,
  onBought,
}: {
  chosen: AvailableNumber;
  onBack: () => void;
  onBought: (e164: string) => void;
}) {
  const { t } = useTranslation('numbers');
  const changed = useNumbersChanged();
  const [label, setLabel] = useState('');
  const [personality, setPersonality] = useState('');
  const [engine, setEngine] = useState<ChosenEngine>('relay');
  const [key] = useState(() => new SubmissionKey());
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const price = chosen.monthly_price;
  const { faults, rest } = sortFaults(problem, ['label', 'personality_id', 'engine']);

  const buy = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const input = {
      e164: chosen.e164,
      label: label.trim() || undefined,
      personality_id: personality || undefined,
      engine,
    };
    try {
      const number = await buyNumber(input, key.for(input));
      key.done();
      await changed();
      onBought(number.e164);
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (!failed.retryable) key.done();
      if (failed.code !== 'step_up_required') setProblem(failed);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={buy} className="grid gap-4">
      <p className="text-ink-2">
        {price
          ? t('confirm.hint', { month: money(price), year: money(yearly(price)) })
          : t('confirm.hintFree')}
      </p>
      <TextField
        label={t('label')}
        optional
        hint={t('labelHint')}
        maxLength={64}
        error={faults.label}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <Answering
        personality={personality}
        engine={engine}
        faults={faults}
        onPersonality={setPersonality}
        onEngine={setEngine}
      />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onBack}>{t('confirm.back')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('confirm.submit')}
        </Button>
      </Buttons>
    </form>
  );
}
