// What is charged for, in words. The kinds themselves are for accounts and exports.
import type { useTranslation } from 'react-i18next';

type T = ReturnType<typeof useTranslation<'common'>>['t'];

const carrier = [
  'amd',
  'conference_minute',
  'inbound_minute',
  'number_month',
  'outbound_minute',
  'recording_minute',
  'relay_minute',
  'stream_minute',
] as const;
const tokens = [
  'text_in',
  'text_in_cached',
  'text_out',
  'audio_in',
  'audio_in_cached',
  'audio_out',
  'minute',
] as const;

/** `twilio.relay_minute`, `openai.gpt-6-luna.text_in`; none for a kind that has no words here. */
export function skuName(sku: string, t: T): string | null {
  const [, kind] = /^twilio\.(\w+)$/.exec(sku) ?? [];
  const known = carrier.find((each) => each === kind);
  if (known) return t(`sku.carrier.${known}`);
  const [, model = '', of] = /^\w+\.(.+)\.(\w+)$/.exec(sku) ?? [];
  const token = tokens.find((each) => each === of);
  return token ? t(`sku.model.${token}`, { model }) : null;
}
