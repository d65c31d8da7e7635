// The form of a personality, and what is sent for it.
import { useQueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import * as z from 'zod/mini';
import { api, body } from '@/api/client';
import type { Personality } from '@/api/types';

z.config({ jitless: true });

export const voices = [
  'alloy',
  'ash',
  'ballad',
  'cedar',
  'coral',
  'echo',
  'fable',
  'marin',
  'nova',
  'onyx',
  'sage',
  'shimmer',
  'verse',
] as const;

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

export const schemaOf = (t: T) =>
  z.object({
    name: some(t, 80),
    description: any(t, 500),
    voice: z.string(),
    language: some(t, 35),
    greeting: any(t, 2000),
    system_prompt: some(t, 65_536),
    response_style: any(t, 500),
    traits: any(t, 800),
    model: any(t, 80),
    examples: z.array(z.object({ caller: some(t, 1000), agent: some(t, 1000) })),
    transfer_targets: z.array(z.object({ alias: some(t, 32), e164: some(t, 32) })),
  });

export type PersonalityValues = z.infer<ReturnType<typeof schemaOf>>;

export const fieldNames = [
  'name',
  'description',
  'voice',
  'language',
  'greeting',
  'system_prompt',
  'response_style',
  'traits',
  'model',
] as const;

export const blank: PersonalityValues = {
  name: '',
  description: '',
  voice: 'alloy',
  language: 'en-US',
  greeting: '',
  system_prompt: '',
  response_style: '',
  traits: '',
  model: '',
  examples: [],
  transfer_targets: [],
};

export function valuesOf(personality: Personality): PersonalityValues {
  const { name, description, voice, language, system_prompt, response_style, model } = personality;
  return {
    name,
    description,
    voice,
    language,
    system_prompt,
    response_style,
    model,
    greeting: personality.greeting ?? '',
    traits: personality.traits.join(', '),
    examples: personality.examples,
    transfer_targets: personality.transfer_targets,
  };
}

function sent(values: PersonalityValues) {
  const traits = values.traits
    .split(',')
    .map((trait) => trait.trim())
    .filter(Boolean);
  const { model, ...rest } = values;
  return { ...rest, traits, ...(model.trim() ? { model: model.trim() } : {}) };
}

export async function createPersonality(values: PersonalityValues): Promise<Personality> {
  const { greeting, ...rest } = sent(values);
  return body(
    await api.POST('/v1/personalities', { body: { ...rest, ...(greeting.trim() ? { greeting } : {}) } }),
  );
}

/** Saves the fields that differ as a new version, if nobody has saved another meanwhile. */
export async function savePersonality(before: Personality, values: PersonalityValues): Promise<Personality> {
  const { id, version } = before;
  const was: Record<string, unknown> = sent(valuesOf(before));
  const change = Object.fromEntries(
    Object.entries(sent(values)).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]),
    ),
  );
  if (Object.keys(change).length === 0) return before;
  return body(
    await api.PATCH('/v1/personalities/{id}', {
      params: { path: { id }, header: { 'If-Match': `"v${version}"` } },
      body: change,
    }),
  );
}

/** Puts a saved personality where the pages look for it. */
export function usePersonalitySaved(): (personality: Personality) => Promise<void> {
  const client = useQueryClient();
  return async (personality) => {
    client.setQueryData(
      ['get', '/v1/personalities/{id}', { params: { path: { id: personality.id } } }],
      personality,
    );
    await client.invalidateQueries({ queryKey: ['get', '/v1/personalities'] });
  };
}
