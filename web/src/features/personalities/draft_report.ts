// What each engine will make of a personality that is still being written. The server says it for good when it is
// saved; this says at once what follows from the lists of models and voices.
import type { TFunction } from 'i18next';
import type { Capability, CapabilityNote, Engine, Model, Personality, Voice } from '@/api/types';
import { engines } from '@/engines/engines';
import { dayWithYear } from '@/lib/format';
import { blank, type PersonalityValues, presetOf, valuesOf } from './form';

export interface Catalogue {
  models: readonly Model[] | null;
  voices: readonly Voice[] | null;
}

type T = TFunction<'personalities'>;

/** What is worked out here. Everything else only the server can judge. */
const workedOut = [
  'voice_substituted',
  'inline_commands_as_functions',
  'model_retired',
  'model_retiring',
  'reasoning_ignored',
  'speed_ignored',
  'turn_detection_ignored',
  'noise_reduction_ignored',
  'keys_not_pressed',
];

export function draftReport(
  values: PersonalityValues,
  before: Personality | null,
  catalogue: Catalogue,
  t: T,
): Capability[] {
  const stored = before && valuesOf(before);
  // What the server said of a field is true for as long as the field stays.
  const isSame = (param: string) => !stored || valueAt(stored, param) === valueAt(values, param);
  const voice = catalogue.voices?.find((each) => each.name === values.voice);
  return engines.map((engine) => {
    const known = before?.capabilities.find((each) => each.engine === engine);
    const speaks = voice?.engines.find((each) => each.engine === engine);
    const notes: CapabilityNote[] = (known?.notes ?? []).filter(
      ({ code, param }) => !workedOut.includes(code) && isSame(param),
    );
    const add = (param: string, code: string, detail: string) => notes.push({ param, code, detail });
    const spoken = speaks?.voice ?? (before?.voice === values.voice ? known?.voice : undefined);
    if (speaks && !speaks.exact) add('voice', 'voice_substituted', t('note.voice', { voice: values.voice }));
    if (engine === 'realtime') ofRealtime(values, catalogue, add, t);
    else ofCarrier(values, engine, catalogue, add, t);
    return { engine, available: known?.available ?? true, voice: spoken ?? values.voice, notes };
  });
}

function valueAt(values: PersonalityValues, param: string): string {
  const part = param
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], values);
  return JSON.stringify(part) ?? '';
}

type Add = (param: string, code: string, detail: string) => void;

function ofRealtime(values: PersonalityValues, { models }: Catalogue, add: Add, t: T): void {
  const brackets =
    values.system_prompt.includes('[[') || values.examples.some(({ agent }) => agent.includes('[['));
  if (brackets) add('system_prompt', 'inline_commands_as_functions', t('note.brackets'));
  const model = values.realtime.model
    ? models?.find(({ name }) => name === values.realtime.model)
    : models?.find(({ purpose, is_default }) => purpose === 'speech' && is_default);
  ofModel('realtime.model', model, add, t);
  if (model && !model.reasons && values.realtime.reasoning_effort !== blank.realtime.reasoning_effort) {
    add('realtime.reasoning_effort', 'reasoning_ignored', t('note.reasoning', { model: model.name }));
  }
}

function ofCarrier(values: PersonalityValues, engine: Engine, { models }: Catalogue, add: Add, t: T): void {
  const { realtime } = values;
  const chat = models?.find(({ name, purpose }) => purpose === 'chat' && name === values.model);
  ofModel('model', chat, add, t);
  if (Number(realtime.speed) !== 1) add('realtime.speed', 'speed_ignored', t('note.speed'));
  if (presetOf(realtime.turn_detection) !== 'standard') {
    add('realtime.turn_detection', 'turn_detection_ignored', t('note.turn'));
  }
  if (realtime.noise_reduction !== blank.realtime.noise_reduction) {
    add('realtime.noise_reduction', 'noise_reduction_ignored', t('note.noise'));
  }
  if (engine === 'gather') add('engine', 'keys_not_pressed', t('note.keys'));
}

function ofModel(param: string, model: Model | undefined, add: Add, t: T): void {
  if (!model?.stops_on || model.status === 'available') return;
  const stop = { model: model.name, day: dayWithYear(model.stops_on) };
  if (model.status === 'retired') add(param, 'model_retired', t('note.retired', stop));
  else add(param, 'model_retiring', t('note.retiring', stop));
}
