// The values of the form of a personality: their bounds, how they come from the API and how they go back.
import type { TFunction } from 'i18next';
import * as z from 'zod/mini';
import type { Personality, RealtimeSettings } from '@/api/types';

z.config({ jitless: true });

export const languages = [
  'en-US',
  'en-GB',
  'en-IN',
  'hi-IN',
  'es-US',
  'es-ES',
  'fr-FR',
  'de-DE',
  'pt-BR',
  'it-IT',
];

export const policies = ['agent_first', 'generated', 'caller_first'] as const;
export const fallbacks = ['relay', 'gather', 'none'] as const;
export const recordings = [
  'number',
  'off',
  'on',
  'ask',
] as const satisfies Personality['recording']['mode'][];
export const approvalModes = [
  'off',
  'first_turn',
  'on_tools',
  'every_turn',
] as const satisfies Personality['approval']['mode'][];
export const approvalTimeouts = [
  'hold_and_ask_again',
  'transfer',
  'offer_callback',
  'speak',
] as const satisfies Personality['approval']['on_timeout'][];
export const clarificationTimeouts = [
  'offer_callback',
  'transfer',
  'decide',
] as const satisfies Personality['clarification']['on_timeout'][];
export const noises = ['near_field', 'far_field', 'off'] as const;
export const efforts = ['minimal', 'low', 'medium', 'high'] as const;
export const eagernesses = ['auto', 'high', 'medium', 'low'] as const;

type T = TFunction<'personalities'>;

const some = (t: T, max: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(1, { error: () => t('fault.required') }),
      z.maxLength(max, { error: () => t('fault.long', { max }) }),
    );
const any = (t: T, max: number) =>
  z.string().check(z.maxLength(max, { error: () => t('fault.long', { max }) }));

/** A figure as it is typed. */
const figure = (t: T, min: number, max: number) =>
  z.string().check(
    z.refine(
      (text) => {
        const value = Number(text);
        return text.trim() !== '' && value >= min && value <= max;
      },
      { error: () => t('fault.range', { min, max }) },
    ),
  );

export const schemaOf = (t: T) =>
  z
    .object({
      name: some(t, 80),
      description: any(t, 500),
      voice: z.string(),
      language: some(t, 35),
      greeting_policy: z.enum(policies),
      greeting: any(t, 2000),
      system_prompt: some(t, 65_536),
      response_style: any(t, 500),
      traits: any(t, 800),
      model: any(t, 80),
      fallback: z.enum(fallbacks),
      recording: z.object({ mode: z.enum(recordings), announcement: any(t, 300) }),
      approval: z.object({
        mode: z.enum(approvalModes),
        timeout_seconds: figure(t, 5, 60),
        on_timeout: z.enum(approvalTimeouts),
      }),
      clarification: z.object({
        timeout_seconds: figure(t, 10, 120),
        on_timeout: z.enum(clarificationTimeouts),
      }),
      realtime: z.object({
        model: z.string(),
        noise_reduction: z.enum(noises),
        reasoning_effort: z.enum(efforts),
        speed: figure(t, 0.25, 1.5),
        turn_detection: z.object({
          type: z.enum(['server_vad', 'semantic_vad']),
          threshold: figure(t, 0, 1),
          prefix_padding_ms: figure(t, 0, 2_000),
          silence_duration_ms: figure(t, 100, 5_000),
          eagerness: z.enum(eagernesses),
        }),
      }),
      examples: z.array(z.object({ caller: some(t, 1000), agent: some(t, 1000) })),
      transfer_targets: z.array(
        z.object({ alias: some(t, 32), e164: some(t, 32), kind: z.enum(['cold', 'warm']) }),
      ),
    })
    .check(
      z.refine(
        ({ greeting_policy, greeting }) => greeting_policy !== 'agent_first' || greeting.trim() !== '',
        {
          path: ['greeting'],
          error: () => t('fault.greeting'),
        },
      ),
    );

export type PersonalityValues = z.infer<ReturnType<typeof schemaOf>>;
export type TurnValues = PersonalityValues['realtime']['turn_detection'];

/** Where faults of the server can be shown. */
export const fieldNames = [
  'name',
  'description',
  'voice',
  'language',
  'greeting_policy',
  'greeting',
  'system_prompt',
  'response_style',
  'traits',
  'model',
  'fallback',
  'recording.mode',
  'recording.announcement',
  'approval.mode',
  'approval.timeout_seconds',
  'approval.on_timeout',
  'clarification.timeout_seconds',
  'clarification.on_timeout',
  'realtime.model',
  'realtime.noise_reduction',
  'realtime.reasoning_effort',
  'realtime.speed',
  'realtime.turn_detection.threshold',
  'realtime.turn_detection.prefix_padding_ms',
  'realtime.turn_detection.silence_duration_ms',
  'realtime.turn_detection.type',
  'examples.*',
  'transfer_targets.*',
] as const;

/** Silence of half a second ends a turn: what the server takes when nothing is said. */
const standardTurn: TurnValues = {
  type: 'server_vad',
  threshold: '0.5',
  prefix_padding_ms: '300',
  silence_duration_ms: '500',
  eagerness: 'auto',
};

export const turnPresets = {
  standard: standardTurn,
  quick: { ...standardTurn, silence_duration_ms: '300' },
  patient: { ...standardTurn, silence_duration_ms: '1000' },
  noisy: { ...standardTurn, threshold: '0.7', silence_duration_ms: '600' },
  words: { ...standardTurn, type: 'semantic_vad' },
} as const satisfies Record<string, TurnValues>;

export type TurnPreset = keyof typeof turnPresets;

/** The preset that these settings are, if they are one. */
export function presetOf(turn: TurnValues): TurnPreset | null {
  const wanted = JSON.stringify(turnSent(turn));
  const names = Object.keys(turnPresets) as TurnPreset[];
  return names.find((name) => JSON.stringify(turnSent(turnPresets[name])) === wanted) ?? null;
}

export const blank: PersonalityValues = {
  name: '',
  description: '',
  voice: 'alloy',
  language: 'en-US',
  greeting_policy: 'agent_first',
  greeting: '',
  system_prompt: '',
  response_style: '',
  traits: '',
  model: '',
  fallback: 'relay',
  recording: { mode: 'number', announcement: '' },
  approval: { mode: 'off', timeout_seconds: '15', on_timeout: 'hold_and_ask_again' },
  clarification: { timeout_seconds: '30', on_timeout: 'offer_callback' },
  realtime: {
    model: '',
    noise_reduction: 'near_field',
    reasoning_effort: 'low',
    speed: '1',
    turn_detection: standardTurn,
  },
  examples: [],
  transfer_targets: [],
};

export function valuesOf(personality: Personality): PersonalityValues {
  const { name, description, voice, language, system_prompt, response_style, model, realtime } = personality;
  return {
    name,
    description,
    voice,
    language,
    system_prompt,
    response_style,
    model,
    greeting_policy: personality.greeting_policy,
    greeting: personality.greeting ?? '',
    fallback: personality.fallback,
    recording: personality.recording,
    approval: { ...personality.approval, timeout_seconds: String(personality.approval.timeout_seconds) },
    clarification: {
      ...personality.clarification,
      timeout_seconds: String(personality.clarification.timeout_seconds),
    },
    traits: personality.traits.join(', '),
    realtime: {
      model: realtime.model ?? '',
      noise_reduction: realtime.noise_reduction,
      reasoning_effort: realtime.reasoning_effort,
      speed: String(realtime.speed),
      turn_detection: turnOf(realtime.turn_detection),
    },
    examples: personality.examples,
    transfer_targets: personality.transfer_targets,
  };
}

export function turnOf(turn: RealtimeSettings['turn_detection']): TurnValues {
  if (turn.type === 'semantic_vad') {
    return { ...standardTurn, type: 'semantic_vad', eagerness: turn.eagerness ?? 'auto' };
  }
  return {
    ...standardTurn,
    threshold: String(turn.threshold ?? standardTurn.threshold),
    prefix_padding_ms: String(turn.prefix_padding_ms ?? standardTurn.prefix_padding_ms),
    silence_duration_ms: String(turn.silence_duration_ms ?? standardTurn.silence_duration_ms),
  };
}

function turnSent(turn: TurnValues): RealtimeSettings['turn_detection'] {
  if (turn.type === 'semantic_vad') return { type: 'semantic_vad', eagerness: turn.eagerness };
  return {
    type: 'server_vad',
    threshold: Number(turn.threshold),
    prefix_padding_ms: Number(turn.prefix_padding_ms),
    silence_duration_ms: Number(turn.silence_duration_ms),
  };
}

/** The values as the API takes them. */
export function sent(values: PersonalityValues) {
  const traits = values.traits
    .split(',')
    .map((trait) => trait.trim())
    .filter(Boolean);
  const { model, realtime, approval, clarification, ...rest } = values;
  const { speed, turn_detection, ...settings } = realtime;
  return {
    ...rest,
    traits,
    approval: { ...approval, timeout_seconds: Number(approval.timeout_seconds) },
    clarification: { ...clarification, timeout_seconds: Number(clarification.timeout_seconds) },
    realtime: { ...settings, speed: Number(speed), turn_detection: turnSent(turn_detection) },
    ...(model.trim() ? { model: model.trim() } : {}),
  };
}
