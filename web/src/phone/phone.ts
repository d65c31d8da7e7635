// A call from this page: microphone, line and speaker held together, from the press to the end. Knows no screen.
import { createStore, type StoreApi } from 'zustand/vanilla';
import { type ApiProblem, asProblem } from '@/api/problem';
import type { Call, EndedReason, PersonalityPatch } from '@/api/types';
import { type Ears, type MicrophoneFault, NoMicrophone, type PhoneAudio } from '@/audio/phone_audio';
import type { Line, LineReader, OpenLine } from '@/live/phone_line';

export type Mode = 'voice' | 'text';
/** What answers a typed call: the model that writes, or the one that otherwise speaks. */
export type Writer = 'relay' | 'realtime';

/** With whom. */
export interface Party {
  personality_id: string;
  version?: number;
  draft?: PersonalityPatch;
}

export type Phase = 'idle' | 'asking' | 'starting' | 'live' | 'reconnecting' | 'ended';

export interface PhoneState {
  phase: Phase;
  mode: Mode;
  call: Call | null;
  /** When the line was first up. */
  since: number | null;
  muted: boolean;
  /** Why there is no microphone, or that it went away. */
  fault: MicrophoneFault | 'lost' | null;
  problem: ApiProblem | null;
  ending: { reason: EndedReason | null; say?: string } | null;
}

/** Read by the meters without a render. */
export interface Levels {
  you: number;
  agent: number;
  /** How much of the agent's voice was played in this call. */
  playedMs: number;
}

interface Ticket {
  call: Call;
  ticket: string;
}

export interface PhoneDeps {
  create: (party: Party, mode: Mode, writer: Writer) => Promise<Ticket>;
  resume: (call: string) => Promise<Pick<Ticket, 'ticket'>>;
  openLine: OpenLine;
  openAudio: (ears: Ears) => Promise<PhoneAudio>;
  wait: (ms: number) => Promise<void>;
  now: () => number;
}

const atRest: PhoneState = {
  phase: 'idle',
  mode: 'voice',
  call: null,
  since: null,
  muted: false,
  fault: null,
  problem: null,
  ending: null,
};

/** The server keeps a lost caller's place for twenty seconds. */
const waitsMs = [200, 1_000, 2_000, 4_000, 6_000];
const frameMs = 20;

/** A close after which another socket may go on with the call. */
function comesBack(code: number): boolean {
  return code !== 1000 && code !== 4401 && code !== 4409;
}

export class Phone {
  readonly store: StoreApi<PhoneState> = createStore(() => atRest);
  readonly levels: Levels = { you: 0, agent: 0, playedMs: 0 };
  readonly #deps: PhoneDeps;
  #audio: PhoneAudio | null = null;
  #line: Line | null = null;
  #sentMs = 0;
  /** What belongs to an older call or line changes nothing. */
  #generation = 0;

  constructor(deps: PhoneDeps) {
    this.#deps = deps;
  }

  get isBusy(): boolean {
    return !['idle', 'ended'].includes(this.store.getState().phase);
  }

  /** Calls. Must follow a press of the person when it is spoken. */
  async call(party: Party, mode: Mode, writer: Writer = 'relay'): Promise<void> {
    if (this.isBusy) return;
    const generation = this.#letGo();
    this.#sentMs = 0;
    Object.assign(this.levels, { you: 0, agent: 0, playedMs: 0 });
    this.store.setState({ ...atRest, mode, phase: mode === 'voice' ? 'asking' : 'starting' }, true);
    try {
      if (mode === 'voice') {
        const audio = await this.#deps.openAudio(this.#ears());
        if (generation !== this.#generation) return audio.close();
        this.#audio = audio;
        this.store.setState({ phase: 'starting' });
      }
      const { call, ticket } = await this.#deps.create(party, mode, writer);
      if (generation !== this.#generation) return;
      this.store.setState({ call });
      this.#line = this.#deps.openLine(call.id, ticket, this.#reader(generation));
    } catch (thrown) {
      if (generation !== this.#generation) return;
      this.#letGo();
      if (thrown instanceof NoMicrophone) this.store.setState({ phase: 'idle', fault: thrown.fault });
      else this.store.setState({ phase: 'idle', problem: asProblem(thrown) });
    }
  }

  hangUp(): void {
    if (!this.isBusy) return;
    this.#line?.bye();
    const { call } = this.store.getState();
    this.#letGo();
    this.store.setState(call ? { phase: 'ended', ending: { reason: 'caller_hangup' } } : { phase: 'idle' });
  }

  mute(on: boolean): void {
    this.#audio?.mute(on);
    this.store.setState({ muted: on });
  }

  keys(digits: string): void {
    this.#line?.keys(digits);
  }

  say(text: string): void {
    const words = text.trim();
    if (words) this.#line?.say(words);
  }

  /** The page goes away. */
  close(): void {
    this.hangUp();
    this.store.setState(atRest, true);
  }

  #ears(): Ears {
    return {
      onSound: (sound) => {
        this.#line?.sound(this.#sentMs, sound);
        this.#sentMs += frameMs;
      },
      onMark: (name) => this.#line?.mark(name),
      onLevels: (levels) => Object.assign(this.levels, withoutNone(levels)),
      onLost: () => this.store.setState({ fault: 'lost' }),
    };
  }

  #reader(generation: number): LineReader {
    const mine = () => generation === this.#generation;
    return {
      ready: () => {
        if (!mine()) return;
        this.store.setState(({ since }) => ({ phase: 'live', since: since ?? this.#deps.now() }));
      },
      sound: (sound) => mine() && this.#audio?.play(sound),
      mark: (name) => mine() && this.#audio?.mark(name),
      clear: () => mine() && this.#audio?.clear(),
      ended: ({ reason, say }) => mine() && this.#ended({ reason, say }),
      closed: (code) => {
        if (!mine()) return;
        if (comesBack(code)) void this.#comeBack();
        else this.#ended({ reason: null });
      },
    };
  }

  async #comeBack(): Promise<void> {
    this.#line?.drop();
    this.#line = null;
    this.#generation += 1;
    const generation = this.#generation;
    const { call } = this.store.getState();
    if (!call) return;
    this.#audio?.clear();
    this.store.setState({ phase: 'reconnecting' });
    for (const ms of waitsMs) {
      await this.#deps.wait(ms);
      if (generation !== this.#generation) return;
      try {
        const { ticket } = await this.#deps.resume(call.id);
        if (generation !== this.#generation) return;
        this.#line = this.#deps.openLine(call.id, ticket, this.#reader(generation));
        return;
      } catch (thrown) {
        if (generation !== this.#generation) return;
        const { status } = asProblem(thrown);
        if (status === 409 || status === 404 || status === 403) break;
      }
    }
    this.#ended({ reason: null });
  }

  #ended(ending: PhoneState['ending']): void {
    this.#letGo();
    this.store.setState({ phase: 'ended', ending });
  }

  #letGo(): number {
    this.#generation += 1;
    this.#line?.drop();
    this.#line = null;
    this.#audio?.close();
    this.#audio = null;
    Object.assign(this.levels, { you: 0, agent: 0 });
    return this.#generation;
  }
}

function withoutNone<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
