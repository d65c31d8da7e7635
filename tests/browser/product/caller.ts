// A simulated person at the other end of the line.
import { expect } from '@playwright/test';
import type { Place } from './product.ts';

/** A word in the sound of a call, by the carrier's clock, in milliseconds since the call began. */
export interface HeardWord {
  text: string;
  at_ms: number;
  until_ms: number;
}

interface Report {
  status: string;
  finished: boolean;
  ended_by: string | null;
  heard: { text: string; interrupted: boolean; kind?: string; words?: HeardWord[] }[];
  sent: { kind: string; text: string }[];
}

/** How the model answers certain words, and how fast. */
export interface Rule {
  when_contains: string;
  reply: string;
  first_token_ms?: number;
  tokens_ms?: number;
  times?: number;
}

/** Lets something at the carrier's or the provider's go wrong. */
export async function fault(place: Place, what: Record<string, unknown>): Promise<void> {
  await ask(place, 'POST', '/sim/faults', what);
}

/** How a telephone behaves that a caller may be handed to. */
export async function telephone(place: Place, what: Record<string, unknown>): Promise<void> {
  await ask(place, 'POST', '/sim/targets', what);
}

/** `unless` is a status that is as good as a success. */
async function ask(
  place: Place,
  method: string,
  path: string,
  body?: unknown,
  unless?: number,
): Promise<unknown> {
  const answer = await fetch(`${place.simulator}${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok && answer.status !== unless) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : null;
}

export async function teach(place: Place, rules: Rule[]): Promise<void> {
  await ask(place, 'POST', '/sim/model/rules', rules);
}

/** What the speech model says, whatever it hears or when it hears certain words. */
export async function teachSpeech(place: Place, replies: Record<string, unknown>[]): Promise<void> {
  await ask(place, 'POST', '/sim/realtime/replies', replies);
}

/** The sessions with the speech model so far, oldest first. */
export async function realtimeSessions(place: Place): Promise<{ audio: { bytes: number } }[]> {
  return ((await ask(place, 'GET', '/sim/realtime')) as { data: { audio: { bytes: number } }[] }).data;
}

export class Caller {
  private constructor(
    private readonly place: Place,
    readonly sid: string,
  ) {}

  /** Rings a number and stays on the line. */
  static async ring(place: Place, to: string, from = '+14155550134'): Promise<Caller> {
    const call = (await ask(place, 'POST', '/sim/calls', { from, to, script: [], live: true })) as {
      call_sid: string;
    };
    return new Caller(place, call.call_sid);
  }

  /** Whoever is at the other end of a call that we made. */
  static of(place: Place, sid: string): Caller {
    return new Caller(place, sid);
  }

  async report(): Promise<Report> {
    return (await ask(this.place, 'GET', `/sim/calls/${this.sid}`)) as Report;
  }

  async say(text: string): Promise<void> {
    await ask(this.place, 'POST', `/sim/calls/${this.sid}/say`, { text });
  }

  /** Waits until the agent has finished, then says it. */
  async sayPolitely(text: string): Promise<void> {
    await ask(this.place, 'POST', `/sim/calls/${this.sid}/say`, { text, politely: true });
  }

  /** Lets the agent speak for a while, then talks over it. */
  async interrupt(afterMs: number, text: string): Promise<void> {
    const script = [{ interrupt_after_ms: afterMs, say: text }];
    await ask(this.place, 'POST', `/sim/calls/${this.sid}/steps`, { script });
  }

  /** Lets the agent speak for a while, then coughs. */
  async cough(afterMs: number, ms: number): Promise<void> {
    const script = [{ interrupt_after_ms: afterMs, cough_ms: ms }];
    await ask(this.place, 'POST', `/sim/calls/${this.sid}/steps`, { script });
  }

  /** Hangs up unless the other side already has, be it in this moment. */
  async hangUp(): Promise<void> {
    await ask(this.place, 'POST', `/sim/calls/${this.sid}/hangup`, {}, 409);
  }

  async heard(): Promise<string> {
    return (await this.report()).heard.map((line) => line.text).join(' ');
  }

  async hears(words: string): Promise<void> {
    await expect.poll(() => this.heard(), { message: `the caller hears ${words}`, timeout: 60_000 }).toContain(words);
  }

  async isOver(): Promise<Report> {
    await expect
      .poll(async () => (await this.report()).finished, { message: 'the call is over', timeout: 60_000 })
      .toBe(true);
    return this.report();
  }
}
