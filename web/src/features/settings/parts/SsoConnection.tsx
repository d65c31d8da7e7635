import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { SsoConnection as Connection } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { dateTime } from '@/lib/format';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { useCan, useMe } from '@/lib/hooks';
import { Chip, CopyText } from '@/ui/Bits';
import { Button, TextLink } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Check, TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Failed, Loading } from '@/ui/States';
import { removeSso, saveSso, verifyDomains } from '../security';

/** The company's own provider of identities. */
export function SsoConnection() {
  const { t } = useTranslation('settings');
  const connection = $api.useQuery('get', '/v1/sso_connection', {}, { retry: false });
  const inPlan = useMe().data?.limits.sso ?? true;
  const none = !connection.data && connection.error && asProblem(connection.error).status === 404;
  return (
    <Block title={t('sso.title')} pad={false}>
      {connection.data ? (
        <Form key={connection.data.updated_at} connection={connection.data} />
      ) : none && !inPlan ? (
        <p className="p-4 text-ink-2">
          {t('sso.notInPlan')} <TextLink to="/settings/plan">{t('sso.plans')}</TextLink>
        </p>
      ) : none ? (
        <Form connection={null} />
      ) : connection.error ? (
        <Failed small problem={asProblem(connection.error)} onRetry={() => void connection.refetch()} />
      ) : (
        <Loading rows={2} />
      )}
    </Block>
  );
}

function Form({ connection }: { connection: Connection | null }) {
  const { t } = useTranslation(['settings', 'common']);
  const writes = useCan('sso.write');
  const tenant = useStore(sessionStore, ({ session }) => session?.tenant.id);
  const client = useQueryClient();
  const [issuer, setIssuer] = useState(connection?.issuer ?? '');
  const [clientId, setClientId] = useState(connection?.client_id ?? '');
  const [secret, setSecret] = useState('');
  const [domains, setDomains] = useState(connection?.domains.map(({ domain }) => domain).join(', ') ?? '');
  const [enforced, setEnforced] = useState(connection?.enforced ?? false);
  const [removing, setRemoving] = useState(false);
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, [
    'issuer',
    'client_id',
    'client_secret',
    'domains',
    'enforced',
  ]);
  const { queryKey } = $api.queryOptions('get', '/v1/sso_connection', {});
  const save = (event: FormEvent) => {
    event.preventDefault();
    void act(async () => {
      const saved = await saveSso({
        issuer: issuer.trim(),
        client_id: clientId.trim(),
        ...(secret ? { client_secret: secret } : {}),
        domains: domains.split(/[\s,;]+/).filter(Boolean),
        enforced,
      });
      client.setQueryData(queryKey, saved);
    });
  };
  const verify = () =>
    act(async () => {
      client.setQueryData(queryKey, await verifyDomains());
    });
  const unproven = connection?.domains.filter(({ verified_at }) => !verified_at) ?? [];
  return (
    <form ref={form} noValidate onSubmit={save} className="grid gap-4 p-4">
      <p className="text-sm text-ink-2">{t('sso.hint')}</p>
      <CopyText
        text={connection?.redirect_uri ?? `${location.origin}/v1/auth/sso/callback/${tenant}`}
        label={t('sso.callback')}
      />
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <TextField
          label={t('sso.issuer')}
          mono
          placeholder="https://login.example.com"
          error={faults.issuer}
          value={issuer}
          onChange={(event) => setIssuer(event.target.value)}
        />
        <TextField
          label={t('sso.clientId')}
          mono
          autoComplete="off"
          error={faults.client_id}
          value={clientId}
          onChange={(event) => setClientId(event.target.value)}
        />
        <TextField
          label={t('sso.secret')}
          optional
          mono
          type="password"
          autoComplete="off"
          hint={connection?.has_client_secret ? t('sso.secretKept') : t('sso.secretHint')}
          error={faults.client_secret}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <TextField
          label={t('sso.domains')}
          mono
          hint={t('sso.domainsHint')}
          error={faults.domains}
          value={domains}
          onChange={(event) => setDomains(event.target.value)}
        />
      </div>
      {connection && connection.domains.length > 0 && (
        <ul aria-label={t('sso.domains')} className="grid gap-1">
          {connection.domains.map(({ domain, verified_at }) => (
            <li key={domain} className="flex flex-wrap items-center gap-2 text-sm">
              <span data-verbatim="" className="fig">
                {domain}
              </span>
              <Chip tone={verified_at ? 'ok' : 'warn'}>
                {verified_at ? t('sso.proven', { time: dateTime(verified_at) }) : t('sso.unproven')}
              </Chip>
            </li>
          ))}
        </ul>
      )}
      {unproven.length > 0 && (
        <div className="grid gap-3 border-s-4 border-warn ps-3">
          {unproven.map(({ domain, dns_name, dns_value }) => (
            <div key={domain} className="grid gap-1">
              <p className="text-sm text-ink-2">{t('sso.dns', { domain })}</p>
              <CopyText text={dns_name} label={t('sso.dnsName', { domain })} />
              <CopyText text={dns_value} label={t('sso.dnsValue', { domain })} />
            </div>
          ))}
          <div>
            <Button size="small" busy={busy} onClick={() => void verify()}>
              {t('sso.verify')}
            </Button>
          </div>
        </div>
      )}
      <Check
        label={t('sso.enforced')}
        hint={t('sso.enforcedHint')}
        checked={enforced}
        onChange={(event) => setEnforced(event.target.checked)}
      />
      {faults.enforced && <p className="text-sm text-danger">× {faults.enforced}</p>}
      <FormProblem problem={rest} />
      {writes && (
        <Buttons>
          {connection && (
            <Button kind="danger" onClick={() => setRemoving(true)}>
              {t('sso.remove')}
            </Button>
          )}
          <Button type="submit" kind="primary" busy={busy}>
            {t('common:save')}
          </Button>
        </Buttons>
      )}
      <Confirm
        open={removing}
        title={t('sso.removeTitle')}
        hint={t('sso.removeHint')}
        submit={t('sso.remove')}
        run={async () => {
          await removeSso();
          client.removeQueries({ queryKey });
          await client.invalidateQueries({ queryKey });
        }}
        onClose={() => setRemoving(false)}
      />
    </form>
  );
}
