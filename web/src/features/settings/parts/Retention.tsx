import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import type { TenantSettings } from '@/api/types';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Unsaved } from '@/lib/Unsaved';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/States';

const kinds = ['recording_days', 'transcript_days', 'audit_days'] as const;
type Days = Record<(typeof kinds)[number], string>;

function daysOf(settings: TenantSettings): Days {
  return {
    recording_days: String(settings.recording_days),
    transcript_days: String(settings.transcript_days),
    audit_days: String(settings.audit_days),
  };
}

/** For how many days each kind is kept. */
export function Retention({ settings }: { settings: TenantSettings }) {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const writes = useCan('policy.write');
  const before = daysOf(settings);
  const [days, setDays] = useState(before);
  const [saved, setSaved] = useState(false);
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, kinds);
  const changed = kinds.filter((kind) => days[kind].trim() !== before[kind]);
  const unread = changed.filter((kind) => !/^\d{1,4}$/.test(days[kind].trim()));
  const shorter = changed.some((kind) => Number(days[kind]) < Number(before[kind]));
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (unread.length > 0 || changed.length === 0) return;
    const done = await act(async () => {
      const change = Object.fromEntries(changed.map((kind) => [kind, Number(days[kind])]));
      const now = body(await api.PATCH('/v1/tenant', { body: change }));
      client.setQueryData($api.queryOptions('get', '/v1/tenant', {}).queryKey, now);
    });
    setSaved(done);
  };
  return (
    <div className="p-4">
      <form ref={form} noValidate onSubmit={save}>
        <Unsaved isDirty={() => changed.length > 0} />
        <fieldset disabled={!writes} className="grid gap-4">
          <legend className="mb-3 text-sm text-ink-2">{t('retention.hint')}</legend>
          <div className="grid items-start gap-4 sm:grid-cols-3">
            {kinds.map((kind) => (
              <TextField
                key={kind}
                label={t(`retention.${kind}`)}
                inputMode="numeric"
                mono
                maxLength={4}
                hint={t(`retention.range.${kind}`)}
                error={unread.includes(kind) ? t('policy.figure') : faults[kind]}
                value={days[kind]}
                onChange={(event) => {
                  setSaved(false);
                  setDays((now) => ({ ...now, [kind]: event.target.value }));
                }}
              />
            ))}
          </div>
          {shorter && <Notice kind="warn">{t('retention.shorter')}</Notice>}
          {saved && <Notice kind="ok">{t('retention.saved')}</Notice>}
          <FormProblem problem={rest} />
          {writes && (
            <Buttons>
              <Button type="submit" kind="primary" busy={busy}>
                {t('common:save')}
              </Button>
            </Buttons>
          )}
        </fieldset>
      </form>
    </div>
  );
}
