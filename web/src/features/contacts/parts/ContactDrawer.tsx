import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Contact } from '@/api/types';
import { phone } from '@/lib/format';
import { FormProblem, sortFaults, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons, Dialog } from '@/ui/Dialog';
import { Check, Select, TextField } from '@/ui/Field';
import { Pairs, pairsOf, recordOf } from '@/ui/Pairs';
import { changeContact, createContact, plans, useContactsChanged } from '../model';

/** Adds a contact or changes one. */
export function ContactDrawer({
  contact,
  onClose,
}: {
  contact: Contact | 'new' | null;
  onClose: () => void;
}) {
  const { t } = useTranslation('contacts');
  const before = contact === 'new' ? null : contact;
  return (
    <Dialog
      open={contact !== null}
      onClose={onClose}
      place="drawer"
      title={before ? t('edit', { who: before.name || phone(before.e164) }) : t('add')}
    >
      <ContactForm key={before?.id ?? 'new'} before={before} onClose={onClose} />
    </Dialog>
  );
}

const fields = ['e164', 'name', 'plan', 'verified', 'attributes'] as const;

function ContactForm({ before, onClose }: { before: Contact | null; onClose: () => void }) {
  const { t } = useTranslation(['contacts', 'common']);
  const changed = useContactsChanged();
  const [number, setNumber] = useState(before ? phone(before.e164) : '');
  const [name, setName] = useState(before?.name ?? '');
  const [plan, setPlan] = useState(before?.plan ?? 'standard');
  const [verified, setVerified] = useState(before?.verified ?? false);
  const [attributes, setAttributes] = useState(() => pairsOf(before?.attributes ?? {}));
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const { faults, rest } = sortFaults(problem, fields);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const input = {
      e164: number.trim(),
      name: name.trim(),
      plan,
      verified,
      attributes: recordOf(attributes),
    };
    try {
      if (before) await changeContact(before.id, input);
      else await createContact(input);
      await changed();
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} noValidate onSubmit={save} className="grid gap-4">
      <TextField
        label={t('number')}
        mono
        required
        inputMode="tel"
        autoComplete="off"
        hint={t('numberHint')}
        maxLength={64}
        error={faults.e164}
        value={number}
        onChange={(event) => setNumber(event.target.value)}
      />
      <TextField
        label={t('name')}
        optional
        dir="auto"
        autoComplete="off"
        maxLength={120}
        error={faults.name}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Select
        label={t('plan')}
        hint={t('planHint')}
        error={faults.plan}
        value={plan}
        onChange={(event) => setPlan(plans.find((each) => each === event.target.value) ?? 'standard')}
      >
        {plans.map((each) => (
          <option key={each} value={each}>
            {t(`plans.${each}`)}
          </option>
        ))}
      </Select>
      <Check
        label={t('isVerified')}
        hint={faults.verified ?? t('verifiedHint')}
        checked={verified}
        onChange={(event) => setVerified(event.target.checked)}
      />
      <Pairs
        label={t('attributes')}
        hint={t('attributesHint')}
        add={t('addAttribute')}
        pairs={attributes}
        fault={faults.attributes}
        onChange={setAttributes}
      />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {before ? t('common:save') : t('add')}
        </Button>
      </Buttons>
    </form>
  );
}
