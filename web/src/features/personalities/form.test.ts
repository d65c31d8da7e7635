import { describe, expect, it } from 'vitest';
import { i18n } from '@/lib/i18n';
import { aCapability, aPersonality, models, voices } from '@/test/data';
import './strings';
import { draftReport } from './draft_report';
import { blank, presetOf, schemaOf, sent, turnPresets, valuesOf } from './form';

const t = i18n.getFixedT('en', 'personalities');
const catalogue = { models, voices };
const codes = (values: typeof blank, before: Parameters<typeof draftReport>[1] = null) =>
  Object.fromEntries(
    draftReport(values, before, catalogue, t).map(({ engine, notes }) => [
      engine,
      notes.map(({ code }) => code),
    ]),
  );

describe('the values of the form', () => {
  it('come back as they were', () => {
    const personality = aPersonality({
      realtime: {
        model: 'gpt-realtime',
        turn_detection: { type: 'semantic_vad', eagerness: 'low' },
        noise_reduction: 'off',
        reasoning_effort: 'high',
        speed: 1.2,
      },
    });
    expect(sent(valuesOf(personality)).realtime).toEqual(personality.realtime);
  });

  it('know the simple presets, and what is none of them', () => {
    for (const [name, turn] of Object.entries(turnPresets)) expect(presetOf(turn)).toBe(name);
    expect(presetOf({ ...turnPresets.standard, silence_duration_ms: '555' })).toBeNull();
    // What the chosen way does not use makes no difference.
    expect(presetOf({ ...turnPresets.words, threshold: '0.9' })).toBe('words');
  });

  it('keep figures in their bounds, and want words from an agent that speaks first', () => {
    const good = { ...blank, name: 'Porter', system_prompt: 'You are a porter.', greeting: 'Good evening.' };
    const faults = (values: typeof blank) => {
      const { error } = schemaOf(t).safeParse(values);
      return (error?.issues ?? []).map(({ path }) => path.join('.'));
    };
    expect(faults(good)).toEqual([]);
    expect(faults({ ...good, greeting: ' ' })).toEqual(['greeting']);
    expect(faults({ ...good, greeting: '', greeting_policy: 'generated' })).toEqual([]);
    const realtime = {
      ...good.realtime,
      speed: '1.6',
      turn_detection: { ...turnPresets.standard, silence_duration_ms: '' },
    };
    expect(faults({ ...good, realtime })).toEqual([
      'realtime.speed',
      'realtime.turn_detection.silence_duration_ms',
    ]);
  });
});

describe('the report of what is being written', () => {
  it('names what each engine leaves aside', () => {
    expect(codes(blank)).toEqual({
      realtime: [],
      relay: ['voice_substituted'],
      gather: ['voice_substituted', 'keys_not_pressed'],
    });
    const values = {
      ...blank,
      voice: 'nova',
      system_prompt: 'End with [[end_call]].',
      realtime: {
        ...blank.realtime,
        model: 'gpt-realtime',
        reasoning_effort: 'high' as const,
        noise_reduction: 'off' as const,
        speed: '1.3',
        turn_detection: turnPresets.patient,
      },
    };
    const ignored = ['speed_ignored', 'turn_detection_ignored', 'noise_reduction_ignored'];
    expect(codes(values)).toEqual({
      realtime: ['voice_substituted', 'inline_commands_as_functions', 'model_retiring', 'reasoning_ignored'],
      relay: ['voice_substituted', ...ignored],
      gather: ['voice_substituted', ...ignored, 'keys_not_pressed'],
    });
    expect(draftReport(values, null, catalogue, t)[0]?.voice).toBe('coral');
  });

  it('keeps what only the server can judge, as long as its field stays', () => {
    const note = { param: 'language', code: 'language_unsupported', detail: 'the carrier has no voice' };
    const before = aPersonality({ capabilities: [aCapability({ notes: [note] })] });
    expect(codes(valuesOf(before), before).relay).toContain('language_unsupported');
    const other = { ...valuesOf(before), language: 'de-DE' };
    expect(codes(other, before).relay).not.toContain('language_unsupported');
  });
});
