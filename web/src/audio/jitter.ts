// Sound of a live call on its way to the speaker: as little of it waits as the network allows, and what is late is let
// go, so that who listens stays near the caller.

/** Gathered before a voice begins, at the least and at the most. */
export const leastMs = 60;
export const mostTargetMs = 140;
/** Most that waits; the oldest goes first. */
export const mostMs = 200;
/** A voice that broke off and comes back so soon came late: more is gathered from then on. */
const lateWithinMs = 250;
/** After so long without a break less is gathered again. */
const calmMs = 15_000;
const stepMs = 20;
const perMs = 8;

export class JitterBuffer {
  #pieces: Uint8Array[] = [];
  /** Read position in the first piece. */
  #offset = 0;
  #bytes = 0;
  #playing = false;
  #waitedMs = 0;
  #targetMs = leastMs;
  /** Since the voice broke off, and since it last came late. */
  #silentMs = Number.POSITIVE_INFINITY;
  #calmForMs = 0;

  get waitingMs(): number {
    return this.#bytes / perMs;
  }

  get targetMs(): number {
    return this.#targetMs;
  }

  push(sound: Uint8Array): void {
    if (sound.length === 0) return;
    if (!this.#playing && this.#bytes === 0 && this.#silentMs < lateWithinMs) {
      this.#targetMs = Math.min(mostTargetMs, this.#targetMs + stepMs);
      this.#calmForMs = 0;
    }
    this.#pieces.push(sound);
    this.#bytes += sound.length;
    if (this.waitingMs > mostMs) this.#drop(this.#targetMs);
  }

  clear(): void {
    this.#pieces = [];
    this.#offset = 0;
    this.#bytes = 0;
    this.#playing = false;
    this.#waitedMs = 0;
  }

  /** Fills `out` with the next bytes; gives how many there were. */
  take(out: Uint8Array): number {
    const wantedMs = out.length / perMs;
    if (!this.#playing) this.#begin(wantedMs);
    let filled = 0;
    while (this.#playing && filled < out.length) {
      const piece = this.#pieces[0];
      if (!piece) {
        this.#playing = false;
        this.#silentMs = 0;
        break;
      }
      const some = piece.subarray(this.#offset, this.#offset + out.length - filled);
      out.set(some, filled);
      filled += some.length;
      this.#offset += some.length;
      if (this.#offset >= piece.length) {
        this.#pieces.shift();
        this.#offset = 0;
      }
    }
    this.#bytes -= filled;
    this.#calm(wantedMs);
    return filled;
  }

  #begin(stepMs: number): void {
    this.#silentMs += stepMs;
    if (this.#bytes === 0) return;
    this.#waitedMs += stepMs;
    // A short word that is whole does not wait for more.
    this.#playing = this.waitingMs >= this.#targetMs || this.#waitedMs > this.#targetMs;
    if (this.#playing) this.#waitedMs = 0;
  }

  #calm(stepMs_: number): void {
    this.#calmForMs += stepMs_;
    if (this.#calmForMs < calmMs) return;
    this.#calmForMs = 0;
    this.#targetMs = Math.max(leastMs, this.#targetMs - stepMs);
  }

  /** Lets the oldest go until so much is left. */
  #drop(leftMs: number): void {
    while (this.#bytes > leftMs * perMs) {
      const piece = this.#pieces[0];
      if (!piece) return;
      const gone = Math.min(piece.length - this.#offset, this.#bytes - leftMs * perMs);
      this.#offset += gone;
      this.#bytes -= gone;
      if (this.#offset >= piece.length) {
        this.#pieces.shift();
        this.#offset = 0;
      }
    }
  }
}
