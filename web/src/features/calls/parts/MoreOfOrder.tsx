import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '@/api/problem';
import { faultAt } from '@/lib/forms';
import { Check, Select, TextArea, TextField } from '@/ui/Field';
import { Pairs } from '@/ui/Pairs';
import {
  type Answerer,
  answerers,
  conductsOf,
  type MachineRule,
  type MachineValues,
  type OrderValues,
} from '../order';

interface Props {
  values: OrderValues;
  problem: ApiProblem | null;
  faults: Partial<
    Record<'answer_timeout_seconds' | 'purpose' | 'record' | 'metadata' | 'machine_detection', string>
  >;
  onChange: (change: Partial<OrderValues>) => void;
}

/** What most calls leave as it is. It opens by itself when something in it is wrong. */
export function MoreOfOrder({ values, problem, faults, onChange }: Props) {
  const { t } = useTranslation('calls');
  const [open, setOpen] = useState(false);
  const wrong =
    problem?.errors.some(({ param }) =>
      /^(answer_timeout_seconds|purpose|record|metadata|machine_detection)\b/.test(param),
    ) ?? false;
  return (
    <details
      open={open || wrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="rounded border border-line"
    >
      <summary className="px-3 py-2 text-sm font-medium">{t('place.more')}</summary>
      <div className="grid gap-4 border-t border-line p-3">
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField
            label={t('place.timeout')}
            type="number"
            min={5}
            max={600}
            error={faults.answer_timeout_seconds}
            value={values.timeout}
            onChange={(event) => onChange({ timeout: event.target.value })}
          />
          <Select
            label={t('place.purpose')}
            hint={t(`place.purposeHint.${values.purpose}`)}
            error={faults.purpose}
            value={values.purpose}
            onChange={({ target }) =>
              onChange({ purpose: target.value === 'marketing' ? 'marketing' : 'transactional' })
            }
          >
            {(['transactional', 'marketing'] as const).map((each) => (
              <option key={each} value={each}>
                {t(`place.purposes.${each}`)}
              </option>
            ))}
          </Select>
        </div>
        <div>
          <Check
            label={t('place.record')}
            hint={faults.record ?? t('place.recordHint')}
            checked={values.record}
            onChange={(event) => onChange({ record: event.target.checked })}
          />
        </div>
        <Machine
          machine={values.machine}
          problem={problem}
          fault={faults.machine_detection}
          onChange={(machine) => onChange({ machine })}
        />
        <Pairs
          label={t('place.notes')}
          hint={t('place.metadataHint')}
          add={t('place.addNote')}
          pairs={values.metadata}
          fault={faults.metadata}
          faultOf={(name) => faultAt(problem, `metadata.${name}`)}
          onChange={(metadata) => onChange({ metadata })}
        />
      </div>
    </details>
  );
}

function Machine({
  machine,
  problem,
  fault,
  onChange,
}: {
  machine: MachineValues;
  problem: ApiProblem | null;
  fault: string | undefined;
  onChange: (machine: MachineValues) => void;
}) {
  const { t } = useTranslation('calls');
  const set = (who: Answerer, rule: Partial<MachineRule>) =>
    onChange({ ...machine, rules: { ...machine.rules, [who]: { ...machine.rules[who], ...rule } } });
  return (
    <div className="grid gap-3">
      <Check
        label={t('machine.detect')}
        hint={fault ?? t('machine.detectHint')}
        checked={machine.detect}
        onChange={(event) => onChange({ ...machine, detect: event.target.checked })}
      />
      {machine.detect && (
        <fieldset className="grid gap-3 border-s-2 border-line ps-3">
          <legend className="sr-only">{t('machine.detect')}</legend>
          {answerers.map((who) => (
            <Rule
              key={who}
              who={who}
              rule={machine.rules[who]}
              problem={problem}
              onChange={(rule) => set(who, rule)}
            />
          ))}
        </fieldset>
      )}
    </div>
  );
}

function Rule({
  who,
  rule,
  problem,
  onChange,
}: {
  who: Answerer;
  rule: MachineRule;
  problem: ApiProblem | null;
  onChange: (rule: Partial<MachineRule>) => void;
}) {
  const { t } = useTranslation('calls');
  const place = `machine_detection.${who}`;
  return (
    <div className="grid gap-2">
      <Select
        label={t(`machine.when.${who}`)}
        value={rule.conduct}
        error={faultAt(problem, place) ?? faultAt(problem, `${place}.action`)}
        onChange={(event) => {
          const conduct = conductsOf[who].find((each) => each === event.target.value);
          if (conduct) onChange({ conduct });
        }}
      >
        {conductsOf[who].map((each) => (
          <option key={each} value={each}>
            {t(`machine.do.${each}`)}
          </option>
        ))}
      </Select>
      {rule.conduct === 'leave_message' && (
        <TextArea
          label={t('machine.message')}
          rows={2}
          dir="auto"
          maxLength={1000}
          error={faultAt(problem, `${place}.text`)}
          value={rule.text}
          onChange={(event) => onChange({ text: event.target.value })}
        />
      )}
      {rule.conduct === 'press' && (
        <TextField
          label={t('machine.digits')}
          mono
          maxLength={32}
          hint={t('machine.digitsHint')}
          error={faultAt(problem, `${place}.digits`)}
          value={rule.digits}
          onChange={(event) => onChange({ digits: event.target.value })}
        />
      )}
    </div>
  );
}
