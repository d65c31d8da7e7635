import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { OutboundPolicy } from '@/api/types';
import { byName } from '@/lib/countries';
import { FormProblem, faultAt, useFaultFocus } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Unsaved } from '@/lib/Unsaved';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { FieldFault, Select, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Notice } from '@/ui/States';
import { onClock } from '@/ui/Week';
import { changeOf, type Figure, type PolicyValues, savePolicy, valuesOf, wrongFigures } from '../policy';
import { Countries } from './Countries';
import { PolicyConsents } from './PolicyConsents';

const params = {
  dailyCalls: 'daily_calls',
  perNumber: 'daily_calls_per_number',
  atOnce: 'concurrent_calls',
  minutes: 'max_call_minutes',
} as const satisfies Record<Figure, keyof OutboundPolicy>;

/** Every change is a new version; calls keep the one they went by. */
export function PolicyForm({ policy }: { policy: OutboundPolicy }) {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const writes = useCan('policy.write');
  const [values, setValues] = useState(() => valuesOf(policy));
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [wrong, setWrong] = useState<readonly Figure[]>([]);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<PolicyValues>) => setValues((now) => ({ ...now, ...change }));
  const at = (name: string) => faultAt(problem, `outbound_policy.${name}`);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const unread = wrongFigures(values);
    setWrong(unread);
    setProblem(null);
    if (unread.length > 0) return;
    setBusy(true);
    try {
      const change = changeOf(policy, values);
      if (Object.keys(change).length > 0) {
        const settings = await savePolicy(change);
        client.setQueryData($api.queryOptions('get', '/v1/tenant', {}).queryKey, settings);
      }
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (failed.code !== 'step_up_required') setProblem(failed);
    } finally {
      setBusy(false);
    }
  };
  const figure = (name: Figure) => (
    <TextField
      label={t(`policy.${name}`)}
      inputMode="numeric"
      mono
      maxLength={6}
      error={wrong.includes(name) ? t('policy.figure') : at(params[name])}
      value={values[name]}
      onChange={(event) => set({ [name]: event.target.value })}
    />
  );
  return (
    <form ref={form} noValidate onSubmit={save}>
      <Unsaved isDirty={() => Object.keys(changeOf(policy, values)).length > 0} />
      <fieldset disabled={!writes} className="grid gap-4">
        <legend className="sr-only">{t('policy.tab')}</legend>
        {!writes && (
          <div className="max-md:px-3">
            <Notice kind="warn">{t('policy.readOnly')}</Notice>
          </div>
        )}
        <Block title={t('policy.where')}>
          <div className="grid gap-4">
            <Countries
              chosen={values.countries}
              fault={at('countries')}
              readOnly={!writes}
              onChange={(countries) => set({ countries })}
            />
            <div className="grid items-start gap-4 sm:grid-cols-2">
              <TextField
                label={t('policy.areaCodes')}
                optional
                mono
                hint={t('policy.areaCodesHint')}
                error={at('area_codes')}
                value={values.areaCodes}
                onChange={(event) => set({ areaCodes: event.target.value })}
              />
              <TextField
                label={t('policy.prefixes')}
                optional
                mono
                hint={t('policy.prefixesHint')}
                error={at('denied_prefixes')}
                value={values.prefixes}
                onChange={(event) => set({ prefixes: event.target.value })}
              />
              <Select
                label={t('policy.home')}
                hint={t('policy.homeHint')}
                error={at('home_country')}
                value={values.home}
                onChange={(event) => set({ home: event.target.value })}
              >
                {byName().map(({ code, name }) => (
                  <option key={code} value={code}>
                    {name}
                  </option>
                ))}
              </Select>
            </div>
            <p className="text-sm text-ink-3">{t('policy.always')}</p>
          </div>
        </Block>
        <Block title={t('policy.when')}>
          <div className="grid max-w-80 grid-cols-2 items-start gap-4">
            <TextField
              label={t('policy.from')}
              type="time"
              mono
              error={at('calling_hours.from')}
              value={values.from}
              onChange={(event) => set({ from: event.target.value })}
            />
            <TextField
              label={t('policy.to')}
              type="time"
              mono
              error={at('calling_hours.to')}
              value={onClock(values.to)}
              onChange={(event) => set({ to: event.target.value })}
            />
          </div>
          <FieldFault id="hours-fault" text={at('calling_hours')} />
          <p className="mt-2 text-sm text-ink-3">{t('policy.whenHint')}</p>
        </Block>
        <Block title={t('policy.much')}>
          <div className="grid items-start gap-4 sm:grid-cols-2">
            {figure('dailyCalls')}
            {figure('perNumber')}
            <TextField
              label={t('policy.dailySpend')}
              inputMode="decimal"
              mono
              maxLength={12}
              error={at('daily_spend')}
              value={values.dailySpend}
              onChange={(event) => set({ dailySpend: event.target.value })}
            />
            {figure('atOnce')}
            {figure('minutes')}
          </div>
        </Block>
        <PolicyConsents values={values} faultAt={at} onChange={set} />
        <div className="grid gap-2 max-md:px-4">
          {problem && problem.errors.length > 0 ? (
            <Notice>{t('common:error.summary', { count: problem.errors.length })}</Notice>
          ) : (
            <FormProblem problem={problem} />
          )}
          <Buttons>
            <span role="status" className="self-center text-sm text-ink-3">
              {policy.version === 0 ? t('policy.ours') : t('policy.version', { version: policy.version })}
            </span>
            {writes && (
              <Button type="submit" kind="primary" busy={busy}>
                {t('common:save')}
              </Button>
            )}
          </Buttons>
        </div>
      </fieldset>
    </form>
  );
}
