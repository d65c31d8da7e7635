import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { SubmissionKey } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import { FormProblem, sortFaults, useFaultFocus } from '@/lib/forms';
import { type Scope, scopes } from '@/lib/permissions';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { Check, FieldFault, Segments, Select, TextArea, TextField } from '@/ui/Field';
import { createKey, inDays, type KeyInput, networksOf, useKeysChanged } from '../model';

const lives = [7, 30, 90, 365] as const;

export function CreateForm({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (secret: string) => void;
}) {
  const { t } = useTranslation(['keys', 'common']);
  const changed = useKeysChanged();
  const role = useStore(sessionStore, ({ session }) => session?.role);
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set());
  const [days, setDays] = useState(365);
  const [test, setTest] = useState(false);
  const [networks, setNetworks] = useState('');
  const [tried, setTried] = useState(0);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [key] = useState(() => new SubmissionKey());
  const [now] = useState(() => Date.now());
  const { faults, rest } = sortFaults(problem, ['name', 'scopes', 'allowed_cidrs', 'expires_at']);

  const form = useFaultFocus(problem);
  const missesName = tried > 0 && !name.trim();
  const missesScope = tried > 0 && chosen.size === 0;
  useEffect(() => {
    // Each press on the button leads to the first field at fault, which may be out of sight.
    if (tried > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [tried, form]);

  const toggle = (scope: Scope) =>
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(scope)) next.add(scope);
      return next;
    });

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setTried((times) => times + 1);
    if (!name.trim() || chosen.size === 0) return;
    setBusy(true);
    setProblem(null);
    const input: KeyInput = {
      name: name.trim(),
      scopes: scopes.filter((scope) => chosen.has(scope)),
      mode: test ? 'test' : 'live',
      allowed_cidrs: networksOf(networks),
      expires_at: inDays(days, now),
    };
    try {
      const made = await createKey(input, key.for(input));
      key.done();
      await changed();
      onCreated(made.key);
    } catch (thrown) {
      const failed = asProblem(thrown);
      if (!failed.retryable) key.done();
      if (failed.code !== 'step_up_required') setProblem(failed);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} onSubmit={create} noValidate className="grid gap-5">
      <TextField
        label={t('form.name')}
        hint={t('form.nameHint')}
        maxLength={80}
        value={name}
        error={missesName ? t('form.nameFault') : faults.name}
        onChange={(event) => setName(event.target.value)}
      />
      <div className="grid gap-1">
        <p className="text-sm font-medium text-ink-2">{t('form.mode')}</p>
        <Segments
          label={t('form.mode')}
          value={test ? 'test' : 'live'}
          choices={[
            { value: 'live', label: t('mode.live') },
            { value: 'test', label: t('mode.test') },
          ]}
          onChange={(mode) => setTest(mode === 'test')}
        />
        <p className="text-xs text-ink-3">{t(test ? 'form.testHint' : 'form.liveHint')}</p>
      </div>
      <fieldset className="grid gap-1" aria-describedby={missesScope ? 'scopes-fault' : undefined}>
        <legend className="mb-1 text-sm font-medium text-ink-2">{t('form.scopes')}</legend>
        {scopes
          // A key can hold what its maker's role holds.
          .filter(() => role === 'admin')
          .map((scope) => (
            <Check
              key={scope}
              aria-invalid={missesScope || undefined}
              checked={chosen.has(scope)}
              onChange={() => toggle(scope)}
              label={<span className="font-mono text-xs">{scope}</span>}
              hint={t(`scope.${wordOf(scope)}`)}
            />
          ))}
        {missesScope && (
          <div role="alert">
            <FieldFault id="scopes-fault" text={t('form.scopesFault')} />
          </div>
        )}
        <FieldFault id="scopes-refused" text={faults.scopes} />
      </fieldset>
      <Select
        label={t('form.expires')}
        error={faults.expires_at}
        value={days}
        onChange={(event) => setDays(Number(event.target.value))}
      >
        {lives.map((life) => (
          <option key={life} value={life}>
            {life === 365 ? t('form.year') : t('form.days', { count: life })}
          </option>
        ))}
      </Select>
      <TextArea
        label={t('form.networks')}
        optional
        rows={2}
        hint={t('form.networksHint')}
        placeholder="198.51.100.0/24"
        error={faults.allowed_cidrs}
        value={networks}
        onChange={(event) => setNetworks(event.target.value)}
      />
      <FormProblem problem={rest} />
      <Buttons>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Button type="submit" kind="primary" busy={busy}>
          {t('form.submit')}
        </Button>
      </Buttons>
    </form>
  );
}

type WordOf<S> = S extends `${infer Thing}:${infer Act}` ? `${Thing}_${Act}` : never;

/** A scope as the strings name it: there a colon would mean another file. */
function wordOf(scope: Scope): WordOf<Scope> {
  return scope.replace(':', '_') as WordOf<Scope>;
}
