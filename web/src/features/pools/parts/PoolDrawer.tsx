import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { NumberPool } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem, sortFaults, useFaultFocus } from '@/lib/forms';
import { Button, TextLink } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Check, FieldFault, TextField } from '@/ui/Field';
import { Answer } from '@/ui/States';
import { changePool, createPool, strategies, usePoolsChanged } from '../model';

/** Makes a pool or changes one: name, how it chooses, and its numbers. */
export function PoolDrawer({ pool, onClose }: { pool: NumberPool | 'new' | null; onClose: () => void }) {
  const { t } = useTranslation('pools');
  const before = pool === 'new' ? null : pool;
  return (
    <Dialog
      open={pool !== null}
      onClose={onClose}
      place="drawer"
      title={before ? t('editTitle', { name: before.name }) : t('create')}
    >
      <PoolForm key={before?.id ?? 'new'} before={before} onClose={onClose} />
    </Dialog>
  );
}

function PoolForm({ before, onClose }: { before: NumberPool | null; onClose: () => void }) {
  const { t } = useTranslation(['pools', 'common']);
  const changed = usePoolsChanged();
  const id = useId();
  const [name, setName] = useState(before?.name ?? '');
  const [strategy, setStrategy] = useState(before?.strategy ?? 'round_robin');
  const [chosen, setChosen] = useState<readonly string[]>(() => before?.numbers.map((each) => each.id) ?? []);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const numbers = $api.useQuery('get', '/v1/numbers', { params: { query: { limit: 100 } } });
  const { faults, rest } = sortFaults(problem, ['name', 'strategy', 'number_ids']);
  const toggle = (number: string) =>
    setChosen((now) => (now.includes(number) ? now.filter((each) => each !== number) : [...now, number]));
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const input = { name: name.trim(), strategy, number_ids: [...chosen] };
    try {
      if (before) await changePool(before.id, input);
      else await createPool(input);
      await changed();
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} noValidate onSubmit={save} className="grid gap-5">
      <TextField
        label={t('name')}
        required
        maxLength={64}
        error={faults.name}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="grid gap-1.5">
        <legend className="mb-1 text-sm font-medium text-ink-2">{t('strategy')}</legend>
        {strategies.map((each) => (
          <Check
            key={each}
            type="radio"
            name={id}
            label={<span className="font-medium">{t(`strategies.${each}`)}</span>}
            hint={t(`strategyHint.${each}`)}
            checked={strategy === each}
            onChange={() => setStrategy(each)}
          />
        ))}
      </fieldset>
      <fieldset className="grid gap-1" aria-describedby={faults.number_ids ? `${id}-error` : undefined}>
        <legend className="mb-1 text-sm font-medium text-ink-2">{t('numbers')}</legend>
        <Answer of={numbers} problem={asProblem} rows={3}>
          {({ data }) => {
            const usable = data.filter((each) => each.status === 'active' || chosen.includes(each.id));
            if (usable.length === 0) {
              return (
                <p className="text-ink-2">
                  {t('buyFirst')} <TextLink to="/numbers">{t('toNumbers')}</TextLink>
                </p>
              );
            }
            return usable.map((each) => (
              <Check
                key={each.id}
                label={<span className="fig">{phone(each.e164)}</span>}
                hint={each.status === 'active' ? each.label : t('inactive')}
                checked={chosen.includes(each.id)}
                onChange={() => toggle(each.id)}
              />
            ));
          }}
        </Answer>
        <FieldFault id={`${id}-error`} text={faults.number_ids} />
      </fieldset>
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {before ? t('common:save') : t('create')}
        </Button>
      </Buttons>
    </form>
  );
}
