// G.711 mu-law, as telephones carry it: eight bits a sample, 8,000 samples a second.

export const sampleRate = 8_000;
export const bytesPerMs = 8;
/** The byte of silence. */
export const silence = 0xff;

const bias = 0x84;
const clip = 32_635;

/** One sample of -1..1. */
export function encodeSample(sample: number): number {
  let value = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
  const sign = value < 0 ? 0x80 : 0;
  if (sign) value = -value;
  value = Math.min(value, clip) + bias;
  let exponent = 7;
  for (let mask = 0x4000; (value & mask) === 0 && exponent > 0; mask >>= 1) exponent -= 1;
  const mantissa = (value >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

const decoded = new Float32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + bias) << ((bits & 0x70) >> 4)) - bias;
  decoded[byte] = (bits & 0x80 ? -magnitude : magnitude) / 32_768;
}

export function decodeSample(byte: number): number {
  return decoded[byte & 0xff] ?? 0;
}
