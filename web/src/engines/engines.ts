// The ways a call can be spoken: their order, what they cost, and which engine a call runs on by now.
import type { CapabilityNote, Engine, Price } from '@/api/types';
import type { Item } from '@/live/wire';

/** The engines that can be chosen, quickest first. */
export const engines = ['realtime', 'relay', 'gather'] as const satisfies readonly Engine[];
export type ChosenEngine = (typeof engines)[number];

export function isChosen(engine: Engine): engine is ChosenEngine {
  return engine !== 'pipeline';
}

// How the provider counts sound: a token for each tenth of a second heard and each twentieth spoken.
const heardTokens = 600;
const spokenTokens = 1_200;

type Prices = ReadonlyMap<string, Price>;

export function priceList(prices: readonly Price[]): Prices {
  return new Map(prices.map((price) => [price.sku, price]));
}

/** What units of a kind cost, if the list has them. */
function cost(prices: Prices, sku: string, units: number): number | null {
  const price = prices.get(sku);
  return price ? (Number(price.unit_price) * units) / price.per_units : null;
}

export interface MinuteCost {
  line: number;
  relay?: number;
  stream?: number;
  heard?: number;
  spoken?: number;
}

/** What a minute costs, in the parts that its sentence names; nothing when the price list does not say. */
export function minuteCost(engine: ChosenEngine, prices: Prices, model: string | null): MinuteCost | null {
  const line = cost(prices, 'twilio.inbound_minute', 1);
  if (line === null) return null;
  if (engine === 'gather') return { line };
  if (engine === 'relay') {
    const relay = cost(prices, 'twilio.relay_minute', 1);
    return relay === null ? null : { line, relay };
  }
  const heard = cost(prices, `openai.${model}.audio_in`, heardTokens);
  const spoken = cost(prices, `openai.${model}.audio_out`, spokenTokens);
  const stream = cost(prices, 'twilio.stream_minute', 1);
  return heard === null || spoken === null || stream === null ? null : { line, stream, heard, spoken };
}

const grave = ['engine_unavailable', 'language_unsupported', 'model_retired', 'model_retiring'];

/** Whether something should be done about it; the rest is good to know. */
export function isWarning({ code }: Pick<CapabilityNote, 'code'>): boolean {
  return grave.includes(code);
}

const switched = /\b(realtime|relay|gather|pipeline)$/;

/** The engine that the call was switched to last, by its warning. */
export function switchedTo(detail: string): Engine | null {
  return (switched.exec(detail)?.[1] as Engine | undefined) ?? null;
}

/** The engine that speaks now: a call whose engine failed goes on with another. */
export function engineNow(engine: Engine, items: readonly Item[]): Engine {
  for (const item of items.toReversed()) {
    if (item.kind === 'warning' && item.code === 'engine_switched') return switchedTo(item.detail) ?? engine;
  }
  return engine;
}
