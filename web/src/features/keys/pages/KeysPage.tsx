import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem';
import type { ApiKey } from '@/api/types';
import { useCan } from '@/lib/hooks';
import { useKeys, useRowKeys } from '@/lib/keys';
import { More, usePages } from '@/lib/pages';
import { Button } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import { Answer, Empty } from '@/ui/States';
import '../strings';
import { byUse, listKeys } from '../model';
import { CreateDialog } from '../parts/CreateDialog';
import { KeysTable } from '../parts/KeysTable';
import { RevokeDialog } from '../parts/RevokeDialog';
import { RotateDialog } from '../parts/RotateDialog';
import { SecretDialog } from '../parts/SecretDialog';

/** API keys: create with the secret shown once, list, rotate, revoke. */
export function KeysPage() {
  const { t } = useTranslation(['keys', 'common']);
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [rotating, setRotating] = useState<ApiKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const creates = useCan('key.create');
  const keys = usePages(['get', '/v1/api_keys', 'list'], listKeys);
  useKeys({ c: () => creates && setCreating(true) });
  useRowKeys();
  const create = creates && (
    <Button kind="primary" onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  );
  return (
    <Page
      title={t('common:page.keys')}
      actions={
        <>
          <a href="/docs" className="px-2 text-sm text-brand underline underline-offset-3">
            {t('docs')}
          </a>
          {create}
        </>
      }
    >
      <Body>
        <div className="border-y border-line bg-surface md:rounded md:border-x">
          <Answer of={keys} problem={asProblem}>
            {({ pages }) => {
              const all = pages.flatMap((page) => page.data);
              return all.length === 0 ? (
                <Empty title={t('empty.title')} hint={t('empty.hint')} action={create} />
              ) : (
                <KeysTable keys={byUse(all)} onRotate={setRotating} onRevoke={setRevoking} />
              );
            }}
          </Answer>
          <More of={keys} ruled />
        </div>
      </Body>
      <CreateDialog
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(made) => {
          setCreating(false);
          setSecret(made);
        }}
      />
      <RotateDialog
        apiKey={rotating}
        onClose={() => setRotating(null)}
        onRotated={(made) => {
          setRotating(null);
          setSecret(made);
        }}
      />
      <SecretDialog secret={secret} onStored={() => setSecret(null)} />
      <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
}
