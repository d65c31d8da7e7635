// Reads WAV files piece by piece: what their head says, and their bytes as sound.

export interface WavHead {
  /** 1 is PCM, 7 is mu-law. */
  format: 1 | 7;
  channels: number;
  rate: number;
  bits: number;
  /** Where the sound begins and how many bytes it has. */
  from: number;
  length: number;
}

/** Bytes of one moment on all channels. */
export function frameBytes({ channels, bits }: WavHead): number {
  return (channels * bits) / 8;
}

export function durationOf(head: WavHead): number {
  return head.length / frameBytes(head) / head.rate;
}

/** What the first bytes of a file of `size` bytes say; null for what is no sound that can be played here. */
export function readHead(bytes: ArrayBuffer, size: number): WavHead | null {
  const view = new DataView(bytes);
  const word = (at: number) =>
    String.fromCharCode(...new Uint8Array(bytes, at, Math.min(4, Math.max(0, bytes.byteLength - at))));
  if (bytes.byteLength < 12 || word(0) !== 'RIFF' || word(8) !== 'WAVE') return null;
  let sound: Pick<WavHead, 'format' | 'channels' | 'rate' | 'bits'> | null = null;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (word(at) === 'fmt ' && body + 16 <= bytes.byteLength) {
      const format = view.getUint16(body, true);
      const [channels, rate, bits] = [
        view.getUint16(body + 2, true),
        view.getUint32(body + 4, true),
        view.getUint16(body + 14, true),
      ];
      const known = (format === 1 && bits === 16) || (format === 7 && bits === 8);
      if (!known || channels < 1 || channels > 8 || rate < 4_000 || rate > 96_000) return null;
      sound = { format: format as 1 | 7, channels, rate, bits };
    }
    if (word(at) === 'data') {
      // A file that was written as it came may not know its own length.
      const there = Math.max(0, size - body);
      return sound && { ...sound, from: body, length: Math.min(length || there, there) };
    }
    at = body + length + (length % 2);
  }
  return null;
}

/** Whole moments of sound, one list for each channel, from -1 to 1. */
export function decode(head: WavHead, bytes: ArrayBuffer): Float32Array<ArrayBuffer>[] {
  const frames = Math.floor(bytes.byteLength / frameBytes(head));
  const lists = Array.from({ length: head.channels }, () => new Float32Array(frames));
  const view = new DataView(bytes);
  for (let frame = 0; frame < frames; frame += 1) {
    lists.forEach((list, channel) => {
      const at = frame * head.channels + channel;
      list[frame] = head.format === 7 ? muLaw(view.getUint8(at)) : view.getInt16(at * 2, true) / 32_768;
    });
  }
  return lists;
}

function muLaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return (bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32_768;
}

/** The loudest moment of each of `count` parts. */
export function peaks(list: Float32Array, count: number): number[] {
  const width = Math.max(1, Math.ceil(list.length / count));
  const found: number[] = [];
  for (let from = 0; from < list.length; from += width) {
    let loudest = 0;
    for (let at = from; at < Math.min(list.length, from + width); at += 1) {
      loudest = Math.max(loudest, Math.abs(list[at] ?? 0));
    }
    found.push(loudest);
  }
  return found;
}
