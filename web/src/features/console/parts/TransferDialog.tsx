import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { asProblem } from '@/api/problem';
import type { Call } from '@/api/types';
import { phone } from '@/lib/format';
import { acts } from '@/live/live';
import type { TransferKind } from '@/live/wire';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Segments, TextArea, TextField } from '@/ui/Field';
import { Answer } from '@/ui/States';
import { useDraft } from '../drafts';

interface Props {
  call: Call;
  open: boolean;
  onClose: () => void;
}

type Kind = 'usual' | TransferKind;

const number = /^\+[1-9][0-9]{6,14}$/;

/** Hands the caller to one of the personality's targets, or to another number. */
export function TransferDialog({ call, open, onClose }: Props) {
  const { t } = useTranslation('console');
  return (
    <Dialog open={open} onClose={onClose} title={t('transferTitle')} description={t('transferHint')}>
      <Ways call={call} onClose={onClose} />
    </Dialog>
  );
}

function Ways({ call, onClose }: { call: Call; onClose: () => void }) {
  const { t } = useTranslation('console');
  const [kind, setKind] = useState<Kind>('usual');
  const [brief, setBrief] = useDraft(call.id, 'brief');
  const [to, setTo] = useState('');
  const [fault, setFault] = useState<string>();

  const transfer = (target: string) => {
    acts.act(call.id, {
      type: 'transfer',
      to: target,
      ...(kind === 'usual' ? {} : { kind }),
      ...(kind !== 'cold' && brief.trim() ? { brief: brief.trim() } : {}),
    });
    setBrief('');
    onClose();
  };
  const byNumber = (event: FormEvent) => {
    event.preventDefault();
    const written = to.replace(/[\s().-]/g, '');
    if (number.test(written)) transfer(written);
    else setFault(t('transferNumberFault'));
  };

  return (
    <div className="grid gap-4">
      <div className="grid gap-1">
        <Segments
          label={t('transferHow')}
          value={kind}
          choices={[
            { value: 'usual', label: t('transferKind.usual') },
            { value: 'cold', label: t('transferKind.cold') },
            { value: 'warm', label: t('transferKind.warm') },
          ]}
          onChange={setKind}
        />
        <p className="text-sm text-ink-3">{t(`transferKindHint.${kind}`)}</p>
      </div>
      {kind !== 'cold' && (
        <TextArea
          label={t('brief')}
          data-first=""
          hint={t('briefHint')}
          rows={2}
          maxLength={700}
          dir="auto"
          value={brief}
          onChange={(event) => setBrief(event.target.value)}
        />
      )}
      {call.personality && <Targets personality={call.personality.id} onPick={transfer} />}
      <form onSubmit={byNumber} className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label={t('transferNumber')}
            hint={t('transferNumberHint')}
            mono
            inputMode="tel"
            autoComplete="off"
            value={to}
            error={fault}
            onChange={(event) => {
              setTo(event.target.value);
              setFault(undefined);
            }}
          />
        </div>
        <div className="pt-6">
          <Button type="submit" disabled={!to.trim()}>
            {t('transfer')}
          </Button>
        </div>
      </form>
    </div>
  );
}

function Targets({ personality, onPick }: { personality: string; onPick: (alias: string) => void }) {
  const { t } = useTranslation('console');
  const query = $api.useQuery('get', '/v1/personalities/{id}', { params: { path: { id: personality } } });
  return (
    <Answer of={query} problem={asProblem} rows={2}>
      {({ transfer_targets: targets }) =>
        targets.length === 0 ? (
          <p>{t('transferNone')}</p>
        ) : (
          <ul className="grid gap-2">
            {targets.map(({ alias, e164, kind }) => (
              <li key={alias} className="flex items-center justify-between gap-3 border-b border-line pb-2">
                <span className="min-w-0">
                  <span className="block font-medium">{alias}</span>
                  <span className="fig text-ink-2">{phone(e164)}</span>{' '}
                  <span className="text-sm text-ink-3">{t(`transferKind.${kind}`)}</span>
                </span>
                <Button aria-label={t('transferTo', { alias })} onClick={() => onPick(alias)}>
                  {t('transfer')}
                </Button>
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}
