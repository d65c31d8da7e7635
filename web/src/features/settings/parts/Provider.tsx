import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api, body } from '@/api/client';
import type { ProviderCredential } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { Chip } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';

const tones = { good: 'ok', refused: 'danger', unreachable: 'warn' } as const;

interface Props {
  provider: 'openai';
  credential: ProviderCredential | null;
}

/** One provider: whether the company's own key is used, when it was last tried, and a form for another. */
export function Provider({ provider, credential }: Props) {
  const { t } = useTranslation('settings');
  const client = useQueryClient();
  const changed = () =>
    client.invalidateQueries({ queryKey: $api.queryOptions('get', '/v1/provider_credentials', {}).queryKey });
  const [removing, setRemoving] = useState(false);
  const { busy, problem, act } = useAct();
  const params = { params: { path: { provider } } };
  const check = () =>
    act(async () => {
      body(await api.POST('/v1/provider_credentials/{provider}/check', params));
      await changed();
    });
  const result = credential?.check_result;
  return (
    <Block
      title={t(`providers.name.${provider}`)}
      actions={
        credential && (
          <>
            <Button size="small" busy={busy} onClick={() => void check()}>
              {t('providers.check')}
            </Button>
            <Button size="small" kind="quiet" onClick={() => setRemoving(true)}>
              {t('providers.remove')}
            </Button>
          </>
        )
      }
    >
      <div className="grid gap-4">
        <p role="status" className="flex flex-wrap items-center gap-2">
          <Chip tone={credential ? 'brand' : 'plain'}>
            {t(credential ? 'providers.own' : 'providers.ours')}
          </Chip>
          {credential && result && <Chip tone={tones[result]}>{t(`providers.result.${result}`)}</Chip>}
          <span className="text-sm text-ink-2">
            {credential?.checked_at
              ? t('providers.checked', { time: dateTime(credential.checked_at) })
              : credential
                ? t('providers.unchecked')
                : t('providers.oursHint')}
          </span>
        </p>
        <FormProblem problem={problem} />
        <KeyForm
          provider={provider}
          hasKey={credential !== null}
          base={credential?.base_url ?? ''}
          onSaved={changed}
        />
      </div>
      <Confirm
        open={removing}
        title={t('providers.removeTitle')}
        hint={t('providers.removeHint')}
        submit={t('providers.remove')}
        run={async () => {
          await api.DELETE('/v1/provider_credentials/{provider}', params);
          await changed();
        }}
        onClose={() => setRemoving(false)}
      />
    </Block>
  );
}

function KeyForm({
  provider,
  hasKey,
  base,
  onSaved,
}: {
  provider: Props['provider'];
  hasKey: boolean;
  base: string;
  onSaved: () => Promise<void>;
}) {
  const { t } = useTranslation(['settings', 'common']);
  const [secret, setSecret] = useState('');
  const [url, setUrl] = useState(base);
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['api_key', 'base_url']);
  const save = (event: FormEvent) => {
    event.preventDefault();
    void act(async () => {
      body(
        await api.PUT('/v1/provider_credentials/{provider}', {
          params: { path: { provider } },
          body: { api_key: secret, ...(url.trim() ? { base_url: url.trim() } : {}) },
        }),
      );
      await onSaved();
    });
  };
  return (
    <form ref={form} noValidate onSubmit={save} className="grid gap-4">
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t(hasKey ? 'providers.another' : 'providers.secret')}
          type="password"
          mono
          autoComplete="off"
          hint={t('providers.secretHint')}
          error={faults.api_key}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <TextField
          label={t('providers.url')}
          optional
          mono
          hint={t('providers.urlHint')}
          error={faults.base_url}
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
      </div>
      <FormProblem problem={rest} />
      <Buttons>
        <Button type="submit" kind="primary" busy={busy} disabled={!secret}>
          {t('common:save')}
        </Button>
      </Buttons>
    </form>
  );
}
