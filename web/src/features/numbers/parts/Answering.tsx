import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import type { Personality } from '@/api/types';
import { EngineChoice } from '@/engines/EngineChoice';
import type { ChosenEngine } from '@/engines/engines';
import { EngineReport } from '@/engines/Report';
import { TextLink } from '@/ui/Button';
import { Select } from '@/ui/Field';

interface Props {
  personality: string;
  engine: ChosenEngine;
  faults: { personality_id?: string; engine?: string };
  onPersonality: (id: string) => void;
  onEngine: (engine: ChosenEngine) => void;
}

/** Who answers and on which engine, with what is lost there said before it is saved. */
export function Answering({ personality, engine, faults, onPersonality, onEngine }: Props) {
  const { t } = useTranslation('numbers');
  const list = $api.useQuery('get', '/v1/personalities', { params: { query: { limit: 100 } } });
  const models = $api.useQuery('get', '/v1/models', { params: { query: { purpose: 'speech' } } });
  const all = list.data?.data ?? [];
  // The server takes this one when nobody is named.
  const chosen = all.find((each) =>
    personality ? each.id === personality : each.preset === 'professional_assistant',
  );
  const report = chosen?.capabilities.find((each) => each.engine === engine);
  const platform = models.data?.data.find((model) => model.is_default)?.name ?? null;
  return (
    <>
      <Select
        label={t('personality')}
        value={chosen?.id ?? personality}
        disabled={!list.data}
        error={list.error ? t('personalitiesFailed') : faults.personality_id}
        onChange={(event) => onPersonality(event.target.value)}
      >
        {!chosen && <option value="">{t('choose')}</option>}
        {all.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </Select>
      <EngineChoice
        value={engine}
        model={chosen?.realtime.model ?? platform}
        capabilities={chosen?.capabilities ?? []}
        error={faults.engine}
        onChange={onEngine}
      />
      {chosen && report && (
        <div aria-live="polite" className="grid gap-2 rounded border border-line bg-sunken px-3 py-2">
          <EngineReport capability={report} />
          {report.notes.length > 0 && <ToPersonality personality={chosen} />}
        </div>
      )}
    </>
  );
}

function ToPersonality({ personality: { id, name } }: { personality: Personality }) {
  const { t } = useTranslation('numbers');
  return (
    <p className="text-sm">
      <TextLink to="/personalities/$id" params={{ id }}>
        {t('toPersonality', { name })}
      </TextLink>
    </p>
  );
}
