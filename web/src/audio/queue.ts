// What the agent says, on its way to the speaker: a little is gathered before it begins, so that an uneven network
// is not heard; marks are told when what is before them was played; what is cleared is never heard.

/** Sound that is gathered before the voice begins. */
export const gatherMs = 80;
/** A short word that is whole does not wait longer for more. */
export const patienceMs = 60;
/** Most that waits; the oldest goes first. The other side sends little more than a second ahead. */
export const mostMs = 30_000;

const perMs = 8;

export class PlayQueue {
  readonly #pieces: Uint8Array[] = [];
  readonly #marks: { at: number; name: string }[] = [];
  /** Read position in the first piece. */
  #offset = 0;
  /** Bytes that ever came, and that were ever taken out or thrown away. */
  #came = 0;
  #gone = 0;
  #playing = false;
  #waitedMs = 0;
  /** Bytes that were played. */
  played = 0;

  get waiting(): number {
    return this.#came - this.#gone;
  }

  get isPlaying(): boolean {
    return this.#playing;
  }

  push(sound: Uint8Array): void {
    if (sound.length === 0) return;
    this.#pieces.push(sound);
    this.#came += sound.length;
    while (this.waiting > mostMs * perMs) this.#drop();
  }

  /** Told by [`take`] once everything that came before is played. */
  mark(name: string): void {
    this.#marks.push({ at: this.#came, name });
  }

  /** Forgets what was not played, and the marks in it. */
  clear(): void {
    this.#pieces.length = 0;
    this.#marks.length = 0;
    this.#offset = 0;
    this.#gone = this.#came;
    this.#playing = false;
    this.#waitedMs = 0;
  }

  /** Fills `out` with the next bytes; gives how many there were, and the names of the marks that were passed. */
  take(out: Uint8Array): { bytes: number; marks: string[] } {
    if (!this.#playing) this.#begin(out.length / perMs);
    let bytes = 0;
    while (this.#playing && bytes < out.length) {
      const piece = this.#pieces[0];
      if (!piece) {
        this.#playing = false;
        this.#waitedMs = 0;
        break;
      }
      const some = piece.subarray(this.#offset, this.#offset + out.length - bytes);
      out.set(some, bytes);
      bytes += some.length;
      this.#offset += some.length;
      if (this.#offset >= piece.length) {
        this.#pieces.shift();
        this.#offset = 0;
      }
    }
    this.#gone += bytes;
    this.played += bytes;
    return { bytes, marks: this.#passed() };
  }

  #begin(stepMs: number): void {
    if (this.waiting === 0) return;
    this.#waitedMs += stepMs;
    this.#playing = this.waiting >= gatherMs * perMs || this.#waitedMs > patienceMs;
  }

  #passed(): string[] {
    const names: string[] = [];
    while (this.#marks[0] && this.#marks[0].at <= this.#gone) names.push(this.#marks.shift()?.name ?? '');
    return names;
  }

  #drop(): void {
    const piece = this.#pieces.shift();
    this.#gone += (piece?.length ?? 0) - this.#offset;
    this.#offset = 0;
  }
}
