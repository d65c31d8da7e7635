import { useDeferredValue } from 'react';
import { type Control, useWatch } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import type { Capability, Personality } from '@/api/types';
import { isChosen } from '@/engines/engines';
import { EngineReport } from '@/engines/Report';
import { Block } from '@/ui/Page';
import { type Catalogue, draftReport } from '../draft_report';
import type { PersonalityValues } from '../form';

interface Props {
  reports: readonly Capability[];
  hint: string;
  onField?: (param: string) => void;
}

/** What each engine makes of a personality. */
export function Reports({ reports, hint, onField }: Props) {
  const { t } = useTranslation('personalities');
  return (
    <Block title={t('report.title')}>
      <div className="grid gap-4">
        <p className="text-sm text-ink-3">{hint}</p>
        {reports
          .filter(({ engine }) => isChosen(engine))
          .map((capability) => (
            <EngineReport key={capability.engine} capability={capability} onField={onField} />
          ))}
      </div>
    </Block>
  );
}

interface DraftProps {
  control: Control<PersonalityValues>;
  before: Personality | null;
  catalogue: Catalogue;
  onField: (param: string) => void;
}

/** The same for what is being written, as it is written. */
export function DraftReports({ control, before, catalogue, onField }: DraftProps) {
  const { t } = useTranslation('personalities');
  const values = useDeferredValue(useWatch({ control }) as PersonalityValues);
  return (
    <Reports reports={draftReport(values, before, catalogue, t)} hint={t('report.draft')} onField={onField} />
  );
}
