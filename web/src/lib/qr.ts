// QR codes (ISO/IEC 18004), drawn here so that a secret never leaves the page: bytes, error correction M, sizes 1 to 12.

/** Of each size: codewords for correction in a block, and blocks. */
const correction = [
  [10, 1],
  [16, 1],
  [26, 1],
  [18, 2],
  [24, 2],
  [16, 4],
  [18, 4],
  [22, 4],
  [22, 5],
  [26, 5],
  [30, 5],
  [22, 8],
] as const;

const sideOf = (version: number) => version * 4 + 17;

/** Modules that hold data, before they are divided into codewords. */
function dataModules(version: number): number {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const patterns = Math.floor(version / 7) + 2;
    modules -= (25 * patterns - 10) * patterns - 55;
    if (version >= 7) modules -= 36;
  }
  return modules;
}

/** The product in the field of 256 elements by which codes are corrected. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product & 0xff;
}

function divisorOf(degree: number): number[] {
  const divisor: number[] = Array.from({ length: degree }, (_, at) => (at === degree - 1 ? 1 : 0));
  let root = 1;
  for (let round = 0; round < degree; round += 1) {
    for (let at = 0; at < degree; at += 1) {
      divisor[at] = times(divisor[at] ?? 0, root) ^ (divisor[at + 1] ?? 0);
    }
    root = times(root, 2);
  }
  return divisor;
}

function remainderOf(data: readonly number[], divisor: readonly number[]): number[] {
  const rest: number[] = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() ?? 0);
    rest.push(0);
    divisor.forEach((each, at) => {
      rest[at] = (rest[at] ?? 0) ^ times(each, factor);
    });
  }
  return rest;
}

/** The text as codewords with their correction, in the order in which they are drawn. */
function codewordsOf(bytes: Uint8Array): { version: number; words: number[] } {
  for (let version = 1; version <= correction.length; version += 1) {
    const [check, blocks] = correction[version - 1] ?? [0, 1];
    const all = Math.floor(dataModules(version) / 8);
    const room = all - check * blocks;
    const lengthBits = version < 10 ? 8 : 16;
    if (4 + lengthBits + bytes.length * 8 > room * 8) continue;
    return { version, words: interleaved(padded(bytes, lengthBits, room), all, check, blocks) };
  }
  throw new RangeError('too long for a QR code');
}

function padded(bytes: Uint8Array, lengthBits: number, room: number): number[] {
  const bits: number[] = [];
  const add = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >>> bit) & 1);
  };
  add(4, 4);
  add(bytes.length, lengthBits);
  for (const byte of bytes) add(byte, 8);
  add(0, Math.min(4, room * 8 - bits.length));
  add(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room * 8; pad ^= 0xec ^ 0x11) add(pad, 8);
  return Array.from({ length: room }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(''), 2));
}

function interleaved(data: readonly number[], all: number, check: number, blocks: number): number[] {
  const divisor = divisorOf(check);
  const shortBlocks = blocks - (all % blocks);
  const shortLength = Math.floor(all / blocks) - check;
  let from = 0;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const part = data.slice(from, from + shortLength + (block < shortBlocks ? 0 : 1));
    from += part.length;
    return { part, rest: remainderOf(part, divisor) };
  });
  const words: number[] = [];
  for (let at = 0; at <= shortLength; at += 1) {
    for (const { part } of parts) if (at < part.length) words.push(part[at] ?? 0);
  }
  for (let at = 0; at < check; at += 1) for (const { rest } of parts) words.push(rest[at] ?? 0);
  return words;
}

type Mask = (x: number, y: number) => boolean;

const masks: readonly Mask[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

class Grid {
  readonly side: number;
  readonly #dark: Uint8Array;
  /** Modules that are no data: no mask touches them. */
  readonly #fixed: Uint8Array;

  constructor(readonly version: number) {
    this.side = sideOf(version);
    this.#dark = new Uint8Array(this.side * this.side);
    this.#fixed = new Uint8Array(this.side * this.side);
    this.#drawPatterns();
  }

  isDark(x: number, y: number): boolean {
    return this.#dark[y * this.side + x] === 1;
  }

  #fix(x: number, y: number, dark: boolean): void {
    if (x < 0 || y < 0 || x >= this.side || y >= this.side) return;
    this.#dark[y * this.side + x] = dark ? 1 : 0;
    this.#fixed[y * this.side + x] = 1;
  }

  #drawPatterns(): void {
    const last = this.side - 1;
    for (let at = 0; at <= last; at += 1) {
      this.#fix(6, at, at % 2 === 0);
      this.#fix(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [
      [3, 3],
      [last - 3, 3],
      [3, last - 3],
    ] as const) {
      this.#square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
    }
    const places = this.#alignment();
    places.forEach((x, column) => {
      places.forEach((y, row) => {
        const end = places.length - 1;
        const isFinder =
          (column === 0 && row === 0) || (column === 0 && row === end) || (column === end && row === 0);
        if (!isFinder) this.#square(x, y, 2, (ring) => ring !== 1);
      });
    });
    this.drawFormat(0);
    this.#drawVersion();
  }

  #square(x: number, y: number, reach: number, isDark: (ring: number) => boolean): void {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        this.#fix(x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  #alignment(): number[] {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.ceil((this.version * 4 + 4) / (count * 2 - 2)) * 2;
    const places = Array.from({ length: count - 1 }, (_, at) => this.side - 7 - at * step);
    return [6, ...places.reverse()];
  }

  /** Error correction M and the mask, twice. */
  drawFormat(mask: number): void {
    let rest = mask;
    for (let round = 0; round < 10; round += 1) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    const bits = ((mask << 10) | rest) ^ 0x5412;
    const bit = (at: number) => ((bits >>> at) & 1) === 1;
    const last = this.side - 1;
    for (let at = 0; at <= 5; at += 1) this.#fix(8, at, bit(at));
    this.#fix(8, 7, bit(6));
    this.#fix(8, 8, bit(7));
    this.#fix(7, 8, bit(8));
    for (let at = 9; at < 15; at += 1) this.#fix(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at += 1) this.#fix(last - at, 8, bit(at));
    for (let at = 8; at < 15; at += 1) this.#fix(8, this.side - 15 + at, bit(at));
    this.#fix(8, this.side - 8, true);
  }

  #drawVersion(): void {
    if (this.version < 7) return;
    let rest = this.version;
    for (let round = 0; round < 12; round += 1) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const far = this.side - 11 + (at % 3);
      const near = Math.floor(at / 3);
      this.#fix(far, near, ((bits >>> at) & 1) === 1);
      this.#fix(near, far, ((bits >>> at) & 1) === 1);
    }
  }

  /** In columns of two, up and down, from the right. */
  drawData(words: readonly number[]): void {
    let bit = 0;
    for (let right = this.side - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.side; step += 1) {
        const isUp = ((right + 1) & 2) === 0;
        const y = isUp ? this.side - 1 - step : step;
        for (const x of [right, right - 1]) {
          const at = y * this.side + x;
          if (this.#fixed[at] || bit >= words.length * 8) continue;
          this.#dark[at] = ((words[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1;
          bit += 1;
        }
      }
    }
  }

  /** The second time takes it away again. */
  mask(mask: number): void {
    for (let y = 0; y < this.side; y += 1) {
      for (let x = 0; x < this.side; x += 1) {
        const at = y * this.side + x;
        if (!this.#fixed[at] && masks[mask]?.(x, y)) this.#dark[at] = this.#dark[at] ? 0 : 1;
      }
    }
  }

  /** How hard it is to read: long runs, blocks, shapes like the corners, too much of one colour. */
  penalty(): number {
    const { side } = this;
    let sum = 0;
    let dark = 0;
    for (let one = 0; one < side; one += 1) {
      const row = Array.from({ length: side }, (_, at) => (this.isDark(at, one) ? '1' : '0')).join('');
      const column = Array.from({ length: side }, (_, at) => (this.isDark(one, at) ? '1' : '0')).join('');
      for (const line of [row, column]) {
        for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
        sum += 40 * [...line.matchAll(/(?=10111010000|00001011101)/g)].length;
      }
      dark += row.replaceAll('0', '').length;
    }
    for (let y = 0; y + 1 < side; y += 1) {
      for (let x = 0; x + 1 < side; x += 1) {
        const colour = this.isDark(x, y);
        const isBlock =
          colour === this.isDark(x + 1, y) &&
          colour === this.isDark(x, y + 1) &&
          colour === this.isDark(x + 1, y + 1);
        if (isBlock) sum += 3;
      }
    }
    const all = side * side;
    return sum + 10 * (Math.ceil(Math.abs(dark * 20 - all * 10) / all) - 1);
  }
}

export interface Qr {
  /** Modules of one side, without the quiet zone around it. */
  side: number;
  isDark: (x: number, y: number) => boolean;
}

export function qrOf(text: string): Qr {
  const { version, words } = codewordsOf(new TextEncoder().encode(text));
  const grid = new Grid(version);
  grid.drawData(words);
  let best = { mask: 0, penalty: Number.POSITIVE_INFINITY };
  for (let mask = 0; mask < masks.length; mask += 1) {
    grid.mask(mask);
    grid.drawFormat(mask);
    const penalty = grid.penalty();
    if (penalty < best.penalty) best = { mask, penalty };
    grid.mask(mask);
  }
  grid.mask(best.mask);
  grid.drawFormat(best.mask);
  return { side: grid.side, isDark: (x, y) => grid.isDark(x, y) };
}

/** The dark modules as the path of an SVG, a module being one unit. */
export function qrPath({ side, isDark }: Qr): string {
  const parts: string[] = [];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) if (isDark(x, y)) parts.push(`M${x} ${y}h1v1h-1z`);
  }
  return parts.join('');
}
