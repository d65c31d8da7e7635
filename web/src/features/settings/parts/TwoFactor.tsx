import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import type { Me } from '@/api/types';
import { Confirm } from '@/lib/Confirm';
import { saveFile } from '@/lib/files';
import { FormProblem, sortFaults, useAct } from '@/lib/forms';
import { Chip, CopyButton, CopyText } from '@/ui/Bits';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Qr } from '@/ui/Qr';
import { Notice } from '@/ui/States';
import { beginTotp, confirmTotp, disableTotp, renewCodes } from '../security';

interface Secret {
  secret: string;
  uri: string;
}

type Step = { at: 'scan'; secret: Secret } | { at: 'renew' } | { at: 'off' };

/** An authenticator as second factor: set up with a drawing and a code, switched off with a code. */
export function TwoFactor({ totp }: { totp: NonNullable<Me['totp']> }) {
  const { t } = useTranslation(['settings', 'common']);
  const client = useQueryClient();
  const [step, setStep] = useState<Step | null>(null);
  const [fresh, setFresh] = useState<readonly string[] | null>(null);
  const { busy, problem, act } = useAct();
  const changed = () =>
    client.invalidateQueries({ queryKey: $api.queryOptions('get', '/v1/me', {}).queryKey });
  const begin = () =>
    act(async () => {
      const { secret, otpauth_uri } = await beginTotp();
      setStep({ at: 'scan', secret: { secret, uri: otpauth_uri } });
    });
  const close = () => setStep(null);
  return (
    <Block
      title={t('totp.title')}
      actions={
        totp.enabled ? (
          <span className="flex flex-wrap gap-2">
            <Button size="small" onClick={() => setStep({ at: 'renew' })}>
              {t('totp.renew')}
            </Button>
            <Button size="small" kind="quiet" disabled={totp.required} onClick={() => setStep({ at: 'off' })}>
              {t('totp.disable')}
            </Button>
          </span>
        ) : (
          <Button size="small" kind="primary" busy={busy} onClick={() => void begin()}>
            {t('totp.enrol')}
          </Button>
        )
      }
    >
      <div className="grid gap-3">
        <p className="flex flex-wrap items-center gap-2">
          <Chip tone={totp.enabled ? 'ok' : 'warn'}>{t(totp.enabled ? 'totp.on' : 'totp.off')}</Chip>
          <span className="text-ink-2">{t(totp.enabled ? 'totp.onHint' : 'totp.offHint')}</span>
        </p>
        {totp.enabled && (
          <p className="text-sm text-ink-2">{t('totp.left', { count: totp.recovery_codes_left })}</p>
        )}
        {totp.required && <p className="text-sm text-ink-2">{t('totp.required')}</p>}
        <FormProblem problem={problem} />
      </div>
      <Dialog
        open={step?.at === 'scan'}
        onClose={close}
        title={t('totp.scanTitle')}
        description={t('totp.scanHint')}
      >
        {step?.at === 'scan' && (
          <Scan
            secret={step.secret}
            onClose={close}
            onConfirmed={(codes) => {
              close();
              setFresh(codes);
              void changed();
            }}
          />
        )}
      </Dialog>
      <Confirm
        open={step?.at === 'renew'}
        kind="primary"
        title={t('totp.renewTitle')}
        hint={t('totp.renewHint')}
        submit={t('totp.renewSubmit')}
        run={async () => {
          setFresh(await renewCodes());
          void changed();
        }}
        onClose={close}
      />
      <Dialog
        open={fresh !== null}
        onClose={() => setFresh(null)}
        title={t('totp.codesTitle')}
        description={t('totp.codesHint')}
        mustAnswer
      >
        {fresh && <Codes codes={fresh} onStored={() => setFresh(null)} />}
      </Dialog>
      <Dialog
        open={step?.at === 'off'}
        onClose={close}
        title={t('totp.disableTitle')}
        description={t('totp.disableHint')}
      >
        <Off
          onClose={close}
          onDone={() => {
            close();
            void changed();
          }}
        />
      </Dialog>
    </Block>
  );
}

function Scan({
  secret: { secret, uri },
  onConfirmed,
  onClose,
}: {
  secret: Secret;
  onConfirmed: (codes: readonly string[]) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation('settings');
  return (
    <div className="grid gap-4">
      <div className="grid justify-items-center">
        <Qr text={uri} label={t('totp.qr')} />
      </div>
      <div className="grid gap-1">
        <p className="text-sm text-ink-2">{t('totp.byHand')}</p>
        <CopyText text={secret} label={t('totp.secret')} />
      </div>
      <CodeForm
        submit={t('totp.confirm')}
        send={async (code) => onConfirmed(await confirmTotp(code))}
        onClose={onClose}
      />
    </div>
  );
}

function Off({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { t } = useTranslation('settings');
  return (
    <CodeForm
      grave
      submit={t('totp.disable')}
      send={async (code) => {
        await disableTotp(code);
        onDone();
      }}
      onClose={onClose}
    />
  );
}

function CodeForm({
  submit,
  send,
  onClose,
  grave = false,
}: {
  submit: string;
  send: (code: string) => Promise<void>;
  onClose: () => void;
  grave?: boolean;
}) {
  const { t } = useTranslation(['settings', 'common']);
  const [code, setCode] = useState('');
  const { busy, problem, act } = useAct();
  const { faults, rest } = sortFaults(problem, ['code']);
  const run = (event: FormEvent) => {
    event.preventDefault();
    void act(() => send(code.replace(/\s/g, '')));
  };
  return (
    <form noValidate onSubmit={run} className="grid gap-3">
      <TextField
        label={t('totp.code')}
        hint={t('totp.codeHint')}
        mono
        autoComplete="one-time-code"
        inputMode="numeric"
        maxLength={16}
        error={faults.code}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind={grave ? 'grave' : 'primary'} busy={busy}>
          {submit}
        </Button>
      </Buttons>
    </form>
  );
}

function Codes({ codes, onStored }: { codes: readonly string[]; onStored: () => void }) {
  const { t } = useTranslation('settings');
  const text = `${codes.join('\n')}\n`;
  return (
    <div className="grid gap-4">
      <ul aria-label={t('totp.codes')} className="grid gap-1 rounded border border-line bg-sunken p-3">
        {codes.map((code) => (
          <li key={code} className="fig">
            {code}
          </li>
        ))}
      </ul>
      <Notice kind="warn">{t('totp.codesOnce')}</Notice>
      <Buttons>
        <CopyButton text={text} />
        <Button
          onClick={() => saveFile(new Blob([text], { type: 'text/plain' }), 'phony-recovery-codes.txt')}
        >
          {t('totp.save')}
        </Button>
        <Button kind="primary" onClick={onStored}>
          {t('totp.stored')}
        </Button>
      </Buttons>
    </div>
  );
}
