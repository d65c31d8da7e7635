import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { TenantSettings } from '@/api/types';
import { FormProblem, useAct } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Check } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Answer } from '@/ui/States';

const levels = ['off', 'admins', 'all'] as const satisfies TenantSettings['totp_required'][];

/** Who of the company must have a second factor. */
export function Requirement() {
  const { t } = useTranslation('settings');
  const tenant = $api.useQuery('get', '/v1/tenant');
  return (
    <Block title={t('requirement.title')} pad={false}>
      <Answer of={tenant} problem={asProblem} rows={2} small>
        {({ totp_required }) => <Form key={totp_required} level={totp_required} />}
      </Answer>
    </Block>
  );
}

function Form({ level }: { level: TenantSettings['totp_required'] }) {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const [wanted, setWanted] = useState(level);
  const { busy, problem, act } = useAct();
  const save = () =>
    act(async () => {
      body(await api.PATCH('/v1/tenant', { body: { totp_required: wanted } }));
      await client.invalidateQueries({
        predicate: ({ queryKey }) => /^\/v1\/(tenant|me)$/.test(String(queryKey[1])),
      });
    });
  return (
    <div className="grid gap-3 p-4">
      <fieldset className="grid gap-1">
        <legend className="mb-1 text-sm text-ink-2">{t('requirement.hint')}</legend>
        {levels.map((each) => (
          <Check
            key={each}
            type="radio"
            name="totp_required"
            label={t(`requirement.${each}`)}
            checked={wanted === each}
            onChange={() => setWanted(each)}
          />
        ))}
      </fieldset>
      <FormProblem problem={problem} />
      <Buttons>
        <Button kind="primary" busy={busy} disabled={wanted === level} onClick={() => void save()}>
          {t('common:save')}
        </Button>
      </Buttons>
    </div>
  );
}
