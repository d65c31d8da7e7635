// A person at the sound of a live call: listens, and speaks once they have taken it over. Knows no screen.
//
//   const sound = listen(call);            // nothing is opened yet
//   await sound.start();                   // follows a press: socket and speaker, no microphone
//   await sound.openMicrophone(device?);   // follows a press: for the level test and the takeover; nothing is sent
//   …act takeover {via: 'microphone'} is applied…
//   sound.speak(true);                     // frames go up; the server lets none through before
//   …handback, or takeover.changed without us…
//   sound.closeMicrophone();
//   sound.close();
import { createStore, type StoreApi } from 'zustand/vanilla';
import { api, body } from '@/api/client';
import { type ApiProblem, asProblem } from '@/api/problem';
import { type OpenSound, openSound, type SoundLine } from '@/live/sound_line';
import { Behind, quickestAnswerMs } from './behind';
import { type Microphone, type MicrophoneFault, NoMicrophone, openMicrophone } from './microphone';
import { openSpeaker, type Speaker } from './speaker';
import type { Channel } from './voices';

/** `ended` is the call's end, `refused` that this person may not listen, `failed` what `problem` says. */
export type ListenPhase = 'off' | 'opening' | 'live' | 'reconnecting' | 'ended' | 'refused' | 'failed';

export interface SoundState {
  phase: ListenPhase;
  problem: ApiProblem | null;
  channel: Channel;
  /** 0..1 */
  volume: number;
  microphone: 'closed' | 'asking' | 'open';
  /** Why there is no microphone, or that it went away. */
  fault: MicrophoneFault | 'lost' | null;
  /** The microphone's frames go up. */
  speaking: boolean;
  muted: boolean;
}

/** Read by the meters without a render, each 0..1. */
export interface SoundLevels {
  caller: number;
  agent: number;
  supervisor: number;
  you: number;
  /** How much waits to be played. */
  waitingMs: number;
  /** How far what is heard is behind the call, about; none as long as nothing was heard. */
  behindMs: number | null;
}

export interface SoundDeps {
  ticket: (call: string) => Promise<string>;
  openSound: OpenSound;
  openSpeaker: typeof openSpeaker;
  openMicrophone: typeof openMicrophone;
  wait: (ms: number) => Promise<void>;
}

const usual: SoundDeps = {
  ticket: async (call) =>
    body(await api.POST('/v1/ws_tickets', { body: { purpose: 'audio', call_id: call } })).ticket,
  openSound,
  openSpeaker,
  openMicrophone,
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
};

const atRest: SoundState = {
  phase: 'off',
  problem: null,
  channel: 'both',
  volume: 1,
  microphone: 'closed',
  fault: null,
  speaking: false,
  muted: false,
};
const quiet: SoundLevels = { caller: 0, agent: 0, supervisor: 0, you: 0, waitingMs: 0, behindMs: null };

/** Between two tries to come back; the last is repeated. A takeover lasts five seconds without its socket. */
const waitsMs = [0, 250, 500, 1_000, 2_000, 4_000];
const mostTries = 20;
const frameMs = 20;

/** Codes of a close after which nobody comes back: over, signed out. */
const over = 1000;
const signedOut = 4401;

export class CallSound {
  readonly store: StoreApi<SoundState> = createStore(() => atRest);
  readonly levels: SoundLevels = { ...quiet };
  readonly #call: string;
  readonly #deps: SoundDeps;
  #line: SoundLine | null = null;
  #speaker: Speaker | null = null;
  #microphone: Microphone | null = null;
  readonly #behind = new Behind();
  #sentMs = 0;
  /** What belongs to an older start, line or microphone changes nothing. */
  #generation = 0;
  #asked = 0;

  constructor(call: string, deps: SoundDeps = usual) {
    this.#call = call;
    this.#deps = deps;
  }

  /** Begins to listen. Must follow a press of the person. */
  async start(): Promise<void> {
    const { phase } = this.store.getState();
    if (phase === 'opening' || phase === 'live' || phase === 'reconnecting') return;
    const generation = ++this.#generation;
    this.store.setState({ phase: 'opening', problem: null });
    try {
      const speaker = await this.#deps.openSpeaker((levels) => {
        const speakerMs = this.#speaker?.latencyMs() ?? 0;
        Object.assign(this.levels, levels, { behindMs: this.#behind.ms(levels.waitingMs, speakerMs) });
      });
      if (generation !== this.#generation) return speaker.close();
      this.#speaker = speaker;
      const { channel, volume } = this.store.getState();
      speaker.channel(channel);
      speaker.volume(volume);
    } catch (thrown) {
      if (generation === this.#generation) this.#end('failed', asProblem(thrown));
      return;
    }
    await this.#connect(generation);
  }

  /** Listens no more. A microphone is let go as well: without the socket nobody holds the call. */
  stop(): void {
    this.#end('off');
  }

  /** The page goes away. */
  close(): void {
    this.stop();
    this.store.setState(atRest, true);
  }

  setChannel(channel: Channel): void {
    this.#speaker?.channel(channel);
    this.store.setState({ channel });
  }

  setVolume(volume: number): void {
    this.#speaker?.volume(volume);
    this.store.setState({ volume });
  }

  /** Opens the microphone for its level; nothing is sent yet. Must follow a press of the person. */
  async openMicrophone(device?: string): Promise<boolean> {
    this.closeMicrophone();
    const asked = ++this.#asked;
    this.store.setState({ microphone: 'asking', fault: null });
    try {
      const microphone = await this.#deps.openMicrophone(
        {
          onSound: (sound) => this.#send(sound),
          onLevel: (level) => {
            this.levels.you = level;
          },
          onLost: () => {
            if (asked !== this.#asked) return;
            this.closeMicrophone();
            this.store.setState({ fault: 'lost' });
          },
        },
        device,
      );
      if (asked !== this.#asked) {
        microphone.close();
        return false;
      }
      this.#microphone = microphone;
      this.store.setState({ microphone: 'open' });
      return true;
    } catch (thrown) {
      if (asked !== this.#asked) return false;
      const fault = thrown instanceof NoMicrophone ? thrown.fault : 'unsupported';
      this.store.setState({ microphone: 'closed', fault });
      return false;
    }
  }

  /** The takeover is applied, or over: frames go up, or no more. */
  speak(on: boolean): void {
    const speaking = on && this.#microphone !== null;
    this.#speaker?.speaking(speaking);
    this.store.setState({ speaking });
  }

  mute(on: boolean): void {
    this.#microphone?.mute(on);
    this.store.setState({ muted: on });
  }

  closeMicrophone(): void {
    this.#asked += 1;
    this.#microphone?.close();
    this.#microphone = null;
    this.levels.you = 0;
    this.#speaker?.speaking(false);
    this.store.setState({ microphone: 'closed', speaking: false, muted: false });
  }

  #send(sound: Uint8Array): void {
    if (!this.store.getState().speaking) return;
    this.#line?.send(this.#sentMs, sound);
    this.#sentMs += frameMs;
  }

  async #connect(generation: number): Promise<void> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const waitMs = waitsMs[Math.min(tries, waitsMs.length - 1)] ?? 0;
      if (waitMs > 0) await this.#deps.wait(waitMs);
      if (generation !== this.#generation) return;
      try {
        const ticket = await this.#deps.ticket(this.#call);
        this.#behind.roundTrip(quickestAnswerMs());
        if (generation !== this.#generation) return;
        this.#open(generation, ticket);
        return;
      } catch (thrown) {
        if (generation !== this.#generation) return;
        const problem = asProblem(thrown);
        if (problem.code === 'call_ended' || problem.status === 404) return this.#end('ended');
        if (problem.status === 401 || problem.status === 403) return this.#end('refused', problem);
        if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
          return this.#end('failed', problem);
        }
        this.store.setState({ problem });
      }
    }
    this.#end('failed', this.store.getState().problem);
  }

  #open(generation: number, ticket: string): void {
    const mine = () => generation === this.#generation;
    this.#line = this.#deps.openSound(this.#call, ticket, {
      open: () => mine() && this.store.setState({ phase: 'live', problem: null }),
      sound: (voice, sound, timeMs) => {
        if (!mine()) return;
        this.#behind.came(voice, timeMs, sound.length, performance.now());
        this.#speaker?.play(voice, sound);
      },
      closed: (code) => {
        if (!mine()) return;
        if (code === over) return this.#end('ended');
        if (code === signedOut) return this.#end('refused');
        this.#line = null;
        this.#speaker?.clear();
        this.#behind.clear();
        Object.assign(this.levels, { ...quiet, you: this.levels.you });
        this.store.setState({ phase: 'reconnecting' });
        void this.#comeBack();
      },
    });
  }

  async #comeBack(): Promise<void> {
    const generation = ++this.#generation;
    // A socket that is refused at once must not be asked for again at once.
    await this.#deps.wait(100 + Math.random() * 200);
    if (generation === this.#generation) await this.#connect(generation);
  }

  #end(phase: ListenPhase, problem: ApiProblem | null = null): void {
    this.#generation += 1;
    this.closeMicrophone();
    this.#line?.drop();
    this.#line = null;
    this.#speaker?.close();
    this.#speaker = null;
    Object.assign(this.levels, quiet);
    this.store.setState({ phase, problem });
  }
}

/** The sound of a live call. Nothing is opened before [`CallSound.start`]. */
export function listen(call: string, deps?: SoundDeps): CallSound {
  return new CallSound(call, deps);
}
