import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStore } from 'zustand';
import { type ApiProblem, asProblem } from '@/api/problem';
import { sessionStore } from '@/api/session';
import type { PhoneNumber } from '@/api/types';
import { FormProblem, faultAt, useFaultFocus } from '@/lib/forms';
import { useKeys } from '@/lib/keys';
import { Unsaved } from '@/lib/Unsaved';
import { Button } from '@/ui/Button';
import { Buttons } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Block } from '@/ui/Page';
import { Notice } from '@/ui/States';
import { changeOf, type NumberValues, valuesOf } from '../form';
import { changeNumber, useNumbersChanged } from '../model';
import { Answering } from './Answering';
import { Callers } from './Callers';
import { Elsewhere } from './Elsewhere';
import { Hours } from './Hours';
import { Recording } from './Recording';

/** Everything that can be set on a number, in one form. */
export function NumberForm({ number }: { number: PhoneNumber }) {
  const { t } = useTranslation(['numbers', 'common']);
  const changed = useNumbersChanged();
  const zone = useStore(sessionStore, ({ session }) => session?.tenant.time_zone ?? 'UTC');
  const [values, setValues] = useState(() => valuesOf(number, zone));
  const [kept, setKept] = useState(values);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const form = useFaultFocus(problem);
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const set = (change: Partial<NumberValues>) => {
    setSaved(false);
    setValues((now) => ({ ...now, ...change }));
  };
  const wrong = (param: string) => faultAt(problem, param);
  const change = () => changeOf(number, values, zone);
  const save = async () => {
    setBusy(true);
    setProblem(null);
    setSaved(false);
    try {
      const wanted = change();
      if (Object.keys(wanted).length > 0) await changeNumber(number.id, wanted);
      setKept(values);
      await changed();
      setSaved(true);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  useKeys({ 'mod+s': () => void save() });
  const section = { values, faultAt: wrong, onChange: set };
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void save();
      }}
      className="grid gap-4"
    >
      <Unsaved isDirty={() => JSON.stringify(values) !== JSON.stringify(kept)} />
      <Block title={t('answering')}>
        <div className="grid gap-4">
          <TextField
            label={t('label')}
            optional
            hint={t('labelHint')}
            maxLength={64}
            error={wrong('label')}
            value={values.label}
            onChange={(event) => set({ label: event.target.value })}
          />
          <Answering
            personality={values.personality}
            engine={values.engine}
            faults={{ personality_id: wrong('personality_id'), engine: wrong('engine') }}
            onPersonality={(personality) => set({ personality })}
            onEngine={(engine) => set({ engine })}
          />
        </div>
      </Block>
      <Callers {...section} />
      <Hours {...section} />
      <Recording {...section} />
      <Elsewhere {...section} />
      <div className="grid gap-2 max-md:px-4">
        {problem && problem.errors.length > 0 ? (
          <Notice>{t('common:error.summary', { count: problem.errors.length })}</Notice>
        ) : (
          <FormProblem problem={problem} />
        )}
        {saved && <Notice kind="ok">{t('saved')}</Notice>}
        <Buttons>
          <Button type="submit" kind="primary" busy={busy}>
            {t('common:save')}
          </Button>
        </Buttons>
      </div>
    </form>
  );
}
