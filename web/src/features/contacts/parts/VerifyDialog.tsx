import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Verification } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem, sortFaults, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/States';
import { verifyNumber } from '../model';
import { Country, useCountry } from './Country';

/** Says who calls from a number, as the agent would see it, and what the caller would hear. */
export function VerifyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('contacts');
  return (
    <Dialog open={open} onClose={onClose} title={t('verify.title')} description={t('verify.hint')}>
      <VerifyForm onClose={onClose} />
    </Dialog>
  );
}

function VerifyForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['contacts', 'common']);
  const [number, setNumber] = useState('');
  const [found, setFound] = useState<Verification | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const { country, setCountry } = useCountry();
  const { faults, rest } = sortFaults(problem, ['phone_number', 'country']);
  const verify = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    setFound(null);
    try {
      setFound(await verifyNumber(number.trim(), country));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} noValidate onSubmit={verify} className="grid gap-4">
      <TextField
        label={t('number')}
        mono
        required
        inputMode="tel"
        autoComplete="off"
        maxLength={64}
        error={faults.phone_number}
        value={number}
        onChange={(event) => setNumber(event.target.value)}
      />
      <Country value={country} error={faults.country} onChange={setCountry} />
      {found && <Found found={found} />}
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:close')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('verify.submit')}
        </Button>
      </Buttons>
    </form>
  );
}

function Found({ found: { phone_number, known, premium, contact } }: { found: Verification }) {
  const { t } = useTranslation('contacts');
  const number = phone(phone_number);
  return (
    <Notice kind={known ? 'ok' : 'warn'}>
      <p className="font-medium" dir="auto">
        {contact?.name ? t('verify.who', { name: contact.name, number }) : number}
      </p>
      <p>{t(premium ? 'verify.premium' : known ? 'verify.known' : 'verify.unknown')}</p>
      {contact && <p>{contact.verified ? t('verify.proved') : t('verify.notProved')}</p>}
    </Notice>
  );
}
