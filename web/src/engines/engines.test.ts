import { describe, expect, it } from 'vitest';
import type { Item } from '@/live/wire';
import { prices } from '@/test/data';
import { engineNow, isWarning, minuteCost, priceList, switchedTo } from './engines';
import { voiceName } from './Report';

const warning = (code: string, detail: string) =>
  ({ id: code, seq: 1, at: '', offset_ms: 0, kind: 'warning', code, detail }) as Item;

describe('what a minute costs', () => {
  const list = priceList(prices);

  it('is reckoned from the price list', () => {
    expect(minuteCost('relay', list, null)).toEqual({ line: 0.0085, relay: 0.07 });
    expect(minuteCost('gather', list, null)).toEqual({ line: 0.0085 });
    const realtime = minuteCost('realtime', list, 'gpt-realtime-2.1');
    expect(realtime).toMatchObject({ line: 0.0085, stream: 0.004 });
    expect(realtime?.heard).toBeCloseTo(0.0192);
    expect(realtime?.spoken).toBeCloseTo(0.0768);
  });

  it('is not guessed when the list has no price', () => {
    expect(minuteCost('realtime', list, 'house-model')).toBeNull();
    expect(minuteCost('relay', priceList([]), null)).toBeNull();
  });
});

describe('the engine of a call', () => {
  it('is the one it was switched to last', () => {
    expect(engineNow('realtime', [])).toBe('realtime');
    const items = [
      warning('engine_failed', 'closed'),
      warning('engine_switched', 'the call goes on with relay'),
      warning('engine_reconnecting', 'x'),
      warning('engine_switched', 'the call goes on with gather'),
    ];
    expect(engineNow('realtime', items.slice(0, 3))).toBe('relay');
    expect(engineNow('realtime', items)).toBe('gather');
    expect(engineNow('realtime', [warning('engine_switched', 'to something new')])).toBe('realtime');
    expect(switchedTo('the call goes on with relays')).toBeNull();
  });
});

describe('notes', () => {
  it('warn of what should be changed, and tell the rest', () => {
    expect(isWarning({ code: 'model_retiring' })).toBe(true);
    expect(isWarning({ code: 'voice_substituted' })).toBe(false);
  });

  it('name voices as people would', () => {
    expect(voiceName('Google.en-US-Chirp3-HD-Kore')).toBe('Kore (Google)');
    expect(voiceName('Polly.Joanna')).toBe('Joanna (Polly)');
    expect(voiceName('cedar')).toBe('cedar');
  });
});
