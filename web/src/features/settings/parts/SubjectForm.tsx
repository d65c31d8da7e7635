import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SubmissionKey } from '@/api/client';
import { FormProblem, sortFaults, useAct, useFaultFocus } from '@/lib/forms';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Segments, TextField } from '@/ui/Field';
import type { Subject } from '../privacy';

interface Props {
  label: string;
  submit: string;
  kind: 'primary' | 'grave';
  /** What is to be known of the chosen subject. */
  note: (subject: Subject['subject']) => ReactNode;
  /** What must be typed before the whole company is meant. */
  confirmation?: string;
  send: (subject: Subject, key: string) => Promise<unknown>;
  onClose: () => void;
}

/** Whom a request is about: the whole company, or one contact by number. */
export function SubjectForm({ label, submit, kind, note, confirmation, send, onClose }: Props) {
  const { t } = useTranslation(['settings', 'common']);
  const [subject, setSubject] = useState<Subject['subject']>('contact');
  const [number, setNumber] = useState('');
  const [typed, setTyped] = useState('');
  const [key] = useState(() => new SubmissionKey());
  const { busy, problem, act } = useAct();
  const form = useFaultFocus(problem);
  const { faults, rest } = sortFaults(problem, ['e164', 'confirm']);
  const wanted: Subject =
    subject === 'tenant' ? { subject, confirm: typed.trim() } : { subject, e164: number.trim() };
  const sure = subject === 'contact' || !confirmation || typed.trim() === confirmation;
  const run = async (event: FormEvent) => {
    event.preventDefault();
    if (!sure) return;
    const done = await act(async () => {
      await send(wanted, key.for(wanted));
      key.done();
    });
    if (done) onClose();
  };
  return (
    <form ref={form} noValidate onSubmit={run} className="grid gap-4">
      <Segments
        label={label}
        value={subject}
        choices={[
          { value: 'contact', label: t('privacy.contact') },
          { value: 'tenant', label: t('privacy.company') },
        ]}
        onChange={setSubject}
      />
      {subject === 'contact' && (
        <TextField
          label={t('privacy.number')}
          mono
          inputMode="tel"
          autoComplete="off"
          maxLength={64}
          hint={t('privacy.numberHint')}
          error={faults.e164}
          value={number}
          onChange={(event) => setNumber(event.target.value)}
        />
      )}
      {note(subject)}
      {subject === 'tenant' && confirmation && (
        <TextField
          label={t('privacy.type', { name: confirmation })}
          autoComplete="off"
          error={faults.confirm}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind={kind} busy={busy} disabled={!sure}>
          {submit}
        </Button>
      </Buttons>
    </form>
  );
}
