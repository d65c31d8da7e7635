import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { PhoneNumber } from '@/api/types';
import { dateTime } from '@/lib/format';
import { FormProblem } from '@/lib/forms';
import { useCan } from '@/lib/hooks';
import { Button } from '@/ui/Button';
import { Block, Facts } from '@/ui/Page';
import { Notice } from '@/ui/States';
import { syncNumber, useNumbersChanged } from '../model';
import { Status } from './Status';

/** How the number stands at the carrier, with what was changed there and the way to put it right. */
export function AtCarrier({ number, onRelease }: { number: PhoneNumber; onRelease: () => void }) {
  const { t } = useTranslation('numbers');
  const changed = useNumbersChanged();
  const configures = useCan('number.configure');
  const releases = useCan('number.release');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [busy, setBusy] = useState(false);
  const [repaired, setRepaired] = useState(false);
  const drifted = number.webhooks.status === 'drifted';
  const sync = async () => {
    setBusy(true);
    setProblem(null);
    setRepaired(false);
    try {
      await syncNumber(number.id);
      await changed();
      setRepaired(true);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Block
      title={t('carrier.title')}
      actions={
        number.status === 'active' && (
          <>
            {configures && (
              <Button
                size="small"
                kind={drifted ? 'primary' : 'plain'}
                busy={busy}
                onClick={() => void sync()}
              >
                {drifted ? t('carrier.repair') : t('carrier.check')}
              </Button>
            )}
            {releases && (
              <Button size="small" kind="danger" onClick={onRelease}>
                {t('releaseShort')}
              </Button>
            )}
          </>
        )
      }
    >
      <div className="grid gap-3">
        <Facts
          rows={[
            [t('status'), <Status key="status" number={number} />],
            [
              t('carrier.checked'),
              number.webhooks.checked_at ? dateTime(number.webhooks.checked_at) : t('carrier.never'),
            ],
          ]}
        />
        {drifted && (
          <Notice kind="warn">
            <p>{t('carrier.drifted')}</p>
            <ul className="grid gap-1">
              {number.webhooks.drift.map(({ field, expected, found }) => (
                <li key={field} className="break-words">
                  <span className="font-medium">{field}</span>:{' '}
                  {t('carrier.differs', { found: found || t('carrier.nothing'), expected })}
                </li>
              ))}
            </ul>
          </Notice>
        )}
        {repaired && !drifted && <Notice kind="ok">{t('carrier.fine')}</Notice>}
        <FormProblem problem={problem} />
      </div>
    </Block>
  );
}
