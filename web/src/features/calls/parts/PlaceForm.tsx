import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, SubmissionKey } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import { type ChosenEngine, engines } from '@/engines/engines';
import '@/engines/strings';
import { FormProblem, faultAt, sortFaults, useFaultFocus } from '@/lib/forms';
import { Button, TextLink } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Select, TextArea, TextField } from '@/ui/Field';
import { Pairs } from '@/ui/Pairs';
import { Notice, wording } from '@/ui/States';
import { blankOrder, isPool, type OrderValues, orderOf, placeCall, placesOf, talkersOf } from '../order';
import { From } from './From';
import { MoreOfOrder } from './MoreOfOrder';

const fields = [
  'to',
  'from',
  'pool_id',
  'personality_id',
  'engine',
  'opening_message',
  'answer_timeout_seconds',
  'purpose',
  'record',
  'metadata',
  'variables',
  'machine_detection',
] as const;

/** Whom to ring, from where, and what to say first; then to the console of the call. */
export function PlaceForm({ ring, onClose }: { ring: string; onClose: () => void }) {
  const { t } = useTranslation(['calls', 'common', 'engines']);
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const [values, setValues] = useState<OrderValues>({ ...blankOrder, to: ring });
  const [key] = useState(() => new SubmissionKey());
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const numbers = $api.useQuery('get', '/v1/numbers', { params: { query: { limit: 100 } } });
  const personalities = $api.useQuery('get', '/v1/personalities', { params: { query: { limit: 100 } } });
  const pools = $api.useQuery('get', '/v1/number_pools', { params: { query: { limit: 100 } } });
  const set = (change: Partial<OrderValues>) => setValues((now) => ({ ...now, ...change }));

  const active = numbers.data?.data.filter(({ status }) => status === 'active') ?? [];
  const from = values.from || (active[0]?.id ?? '');
  const own = active.find(({ id }) => id === from);
  const usable = pools.data?.data.filter((pool) => pool.numbers.some((each) => each.active)) ?? [];
  const talkers = values.personality ? [values.personality] : talkersOf(from, active, usable);
  const places = placesOf(
    personalities.data?.data.filter(({ id }) => talkers.includes(id)) ?? [],
    values.opening,
  );
  const { faults, rest } = sortFaults(problem, fields);
  const isRefused = problem?.code.startsWith('blocked_') ?? false;

  const place = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const wanted = Object.fromEntries(places.map((name) => [name, values.given[name] ?? '']));
    const byId = new Map(active.map(({ id, e164 }) => [id, e164]));
    const order = orderOf({ ...values, from, given: wanted }, byId);
    try {
      const call = await placeCall(order, key.for(order));
      key.done();
      await navigate({ to: '/live/$call', params: { call: call.id } });
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (!failed.retryable) key.done();
      setProblem(failed);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} noValidate onSubmit={place} className="grid gap-4">
      <TextField
        label={t('place.to')}
        hint={t('place.toHint')}
        mono
        required
        inputMode="tel"
        autoComplete="off"
        maxLength={64}
        error={isRefused && problem ? wording(problem, common) : faults.to}
        value={values.to}
        onChange={(event) => set({ to: event.target.value })}
      />
      {isRefused && (
        <Notice kind="warn">
          <p>
            {t('place.refused')} <TextLink to="/settings/policies">{t('place.policies')}</TextLink>
          </p>
        </Notice>
      )}
      <From
        value={from}
        numbers={active}
        pools={usable}
        loaded={numbers.data !== undefined}
        failed={Boolean(numbers.error)}
        fault={isPool(from) ? faults.pool_id : faults.from}
        onChange={(next) => set({ from: next })}
      />
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <Select
          label={t('personality')}
          value={values.personality}
          error={personalities.error ? t('place.personalitiesFailed') : faults.personality_id}
          onChange={(event) => set({ personality: event.target.value })}
        >
          <option value="">
            {own?.personality ? t('place.ofNumber', { name: own.personality.name }) : t('place.byDefault')}
          </option>
          {personalities.data?.data.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          label={t('engine')}
          value={values.engine}
          error={faults.engine}
          onChange={(event) => set({ engine: event.target.value as ChosenEngine | '' })}
        >
          <option value="">
            {own ? t('place.ofNumber', { name: t(`engines:name.${own.engine}`) }) : t('place.byDefault')}
          </option>
          {engines.map((each) => (
            <option key={each} value={each}>
              {t(`engines:name.${each}`)}
            </option>
          ))}
        </Select>
      </div>
      <TextArea
        label={t('place.opening')}
        optional
        rows={3}
        dir="auto"
        maxLength={1000}
        hint={t('place.openingHint')}
        error={faults.opening_message}
        value={values.opening}
        onChange={(event) => set({ opening: event.target.value })}
      />
      <Pairs
        label={t('place.variables')}
        hint={places.length > 0 ? t('place.variablesNeeded') : t('place.variablesHint')}
        add={t('place.addVariable')}
        pairs={[
          ...places.map((name) => ({ key: name, name, value: values.given[name] ?? '', fixed: true })),
          ...values.variables,
        ]}
        fault={faults.variables}
        faultOf={(name) => faultAt(problem, `variables.${name}`)}
        onChange={(pairs) =>
          set({
            given: {
              ...values.given,
              ...Object.fromEntries(
                pairs.filter((pair) => pair.fixed).map((pair) => [pair.name, pair.value]),
              ),
            },
            variables: pairs.filter((pair) => !pair.fixed),
          })
        }
      />
      <MoreOfOrder values={values} problem={problem} faults={faults} onChange={set} />
      {!isRefused && <FormProblem problem={rest} />}
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy} disabled={active.length === 0 && !isPool(from)}>
          {t('place.submit')}
        </Button>
      </Buttons>
    </form>
  );
}
