import { useTranslation } from 'react-i18next';
import type { Personality } from '@/api/types';
import { dateTime, phone } from '@/lib/format';
import { Chip } from '@/ui/Bits';
import { Block, Facts } from '@/ui/Page';

/** A personality to read. */
export function ReadView({ personality }: { personality: Personality }) {
  const { t } = useTranslation('personalities');
  const {
    greeting,
    system_prompt,
    response_style,
    traits,
    examples,
    transfer_targets: targets,
  } = personality;
  return (
    <>
      <Block>
        <div className="grid gap-4">
          {personality.description && <p>{personality.description}</p>}
          <p className="flex text-lg" data-speaker="agent">
            <span className="cord me-3" data-plug="true" aria-hidden="true" />
            <span dir="auto">{greeting ? `“${greeting}”` : t('noGreeting')}</span>
          </p>
          <Facts
            rows={[
              [t('voice'), personality.voice],
              [t('language'), personality.language],
              [
                t('model'),
                <span key="model" className="fig">
                  {personality.model}
                </span>,
              ],
              [t('style'), response_style || '–'],
              [
                t('traits'),
                traits.length > 0 ? (
                  <span key="traits" className="flex flex-wrap gap-1">
                    {traits.map((trait) => (
                      <Chip key={trait}>{trait}</Chip>
                    ))}
                  </span>
                ) : (
                  '–'
                ),
              ],
            ]}
          />
        </div>
      </Block>
      <Block title={t('prompt')}>
        <p className="max-w-[75ch] whitespace-pre-wrap" dir="auto">
          {system_prompt}
        </p>
      </Block>
      {examples.length > 0 && (
        <Block title={t('examples')}>
          <ol className="grid gap-3">
            {examples.map(({ caller, agent }) => (
              <li key={`${caller} ${agent}`} className="grid">
                <p className="flex" data-speaker="caller">
                  <span className="cord me-3" data-plug="true" aria-hidden="true" />
                  <span dir="auto">
                    <span className="sr-only">{t('caller')}: </span>
                    {caller}
                  </span>
                </p>
                <p className="flex pt-1" data-speaker="agent">
                  <span className="cord me-3" data-plug="true" aria-hidden="true" />
                  <span dir="auto">
                    <span className="sr-only">{t('agent')}: </span>
                    {agent}
                  </span>
                </p>
              </li>
            ))}
          </ol>
        </Block>
      )}
      <Block title={t('targets')}>
        {targets.length === 0 ? (
          <p className="text-ink-2">{t('noTargets')}</p>
        ) : (
          <Facts
            rows={targets.map(({ alias, e164 }) => [
              alias,
              <span key={alias} className="fig">
                {phone(e164)}
              </span>,
            ])}
          />
        )}
      </Block>
      <p className="px-4 text-sm text-ink-3 md:px-0">
        {t('updated', { time: dateTime(personality.updated_at) })}
      </p>
    </>
  );
}
