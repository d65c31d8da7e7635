// What is asked and sent for personalities.
import { useQueryClient } from '@tanstack/react-query';
import { $api, api, body } from '@/api/client';
import type { Personality, PersonalityPatch } from '@/api/types';
import { type PersonalityValues, sent, valuesOf } from './form';

export async function createPersonality(values: PersonalityValues): Promise<Personality> {
  const { greeting, ...rest } = sent(values);
  return body(
    await api.POST('/v1/personalities', { body: { ...rest, ...(greeting.trim() ? { greeting } : {}) } }),
  );
}

/** The fields that differ. */
export function changeOf(before: Personality, values: PersonalityValues): PersonalityPatch {
  const was: Record<string, unknown> = sent(valuesOf(before));
  const change = Object.fromEntries(
    Object.entries(sent(values)).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]),
    ),
  );
  // Who speaks first is judged together with the words.
  if ('greeting' in change) change.greeting_policy = values.greeting_policy;
  return change;
}

/** Saves the fields that differ as a new version, if nobody has saved another meanwhile. */
export async function savePersonality(before: Personality, values: PersonalityValues): Promise<Personality> {
  const { id, version } = before;
  const change = changeOf(before, values);
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

const lasting = { staleTime: 300_000 };
const languageTag = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i;

/** The models and voices there are; a list that is missing stands in nobody's way. */
export function useCatalogue(language: string) {
  const models = $api.useQuery('get', '/v1/models', {}, lasting);
  const tag = languageTag.test(language) ? language : undefined;
  const voices = $api.useQuery(
    'get',
    '/v1/voices',
    { params: { query: { language: tag } } },
    { ...lasting, placeholderData: (before) => before },
  );
  return {
    models: models.data?.data ?? null,
    voices: voices.data?.data ?? null,
    failed: Boolean((models.error && !models.data) || (voices.error && !voices.data)),
    retry: () => {
      void models.refetch();
      void voices.refetch();
    },
  };
}
