import { useTranslation } from 'react-i18next';
import type { Personality } from '@/api/types';
import { amountOf, dateTime, phone } from '@/lib/format';
import { Chip } from '@/ui/Bits';
import { Block, Facts } from '@/ui/Page';
import { presetOf, type TurnValues, turnOf } from '../form';
import { Reports } from './Reports';

interface Props {
  personality: Personality;
  /** Leads to a field of the form, for those who may change it. */
  onField?: (param: string) => void;
}

/** A personality to read. */
export function ReadView({ personality, onField }: Props) {
  const { t } = useTranslation('personalities');
  const {
    greeting,
    system_prompt,
    response_style,
    traits,
    examples,
    transfer_targets: targets,
    greeting_policy: policy,
    realtime,
  } = personality;
  const turn = turnOf(realtime.turn_detection);
  return (
    <>
      <Block>
        <div className="grid gap-4">
          {personality.description && <p>{personality.description}</p>}
          <p className="flex text-lg" data-speaker="agent">
            <span className="cord me-3" data-plug="true" aria-hidden="true" />
            <span dir="auto">{opening(greeting, policy, t)}</span>
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
              [t('fallback.label'), t(`fallback.${personality.fallback}`)],
              [t('recording.label'), t(`recording.mode.${personality.recording.mode}`)],
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
      <Reports reports={personality.capabilities} hint={t('report.saved')} onField={onField} />
      <Block title={t('realtime.title')}>
        <Facts
          rows={[
            [
              t('realtime.model'),
              <span key="model" className={realtime.model ? 'fig' : ''}>
                {realtime.model ?? t('platformModel')}
              </span>,
            ],
            [t('turn.label'), <TurnWords key="turn" turn={turn} />],
            [t('realtime.noise'), t(`noises.${realtime.noise_reduction}`)],
            [t('realtime.effort'), t(`efforts.${realtime.reasoning_effort}`)],
            [t('realtime.speed'), amountOf(realtime.speed)],
          ]}
        />
      </Block>
      <Block title={t('asking.title')}>
        <Facts
          rows={[
            [t('asking.approval'), t(`asking.mode.${personality.approval.mode}`)],
            ...(personality.approval.mode === 'off'
              ? []
              : [
                  [
                    t('asking.approvalAfter'),
                    t('asking.after', {
                      seconds: personality.approval.timeout_seconds,
                      what: t(`asking.approvalTimeout.${personality.approval.on_timeout}`),
                    }),
                  ] as const,
                ]),
            [
              t('asking.questions'),
              t('asking.after', {
                seconds: personality.clarification.timeout_seconds,
                what: t(`asking.questionTimeout.${personality.clarification.on_timeout}`),
              }),
            ],
          ]}
        />
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
            rows={targets.map(({ alias, e164, kind }) => [
              alias,
              <span key={alias} className="fig">
                {phone(e164)} · {t(`targetKind.${kind}`)}
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

function TurnWords({ turn }: { turn: TurnValues }) {
  const { t } = useTranslation('personalities');
  const preset = presetOf(turn);
  if (preset) return `${t(`turn.${preset}`)}. ${t(`turnHint.${preset}`)}`;
  if (turn.type === 'semantic_vad') return `${t('turn.byWords')}. ${t(`eagerness.${turn.eagerness}`)}`;
  const { silence_duration_ms: silence, threshold, prefix_padding_ms: padding } = turn;
  return t('turnOwn', { silence, threshold, padding });
}

type T = ReturnType<typeof useTranslation<'personalities'>>['t'];

/** The first words, or who has them. */
export function opening(greeting: string | null, policy: Personality['greeting_policy'], t: T): string {
  if (policy === 'caller_first' || (policy === 'agent_first' && !greeting)) return t('noGreeting');
  if (policy === 'agent_first') return `“${greeting}”`;
  return greeting ? t('ownWordsLike', { greeting }) : t('ownWords');
}
