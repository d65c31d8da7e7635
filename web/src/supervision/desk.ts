// What this window does with its ears and its voice: the call it listens to, and the call whose caller it speaks
// with. It outlives the pages, so that one can look around while one is on the line.
import { createStore } from 'zustand/vanilla';
import type { CallSound, SoundLevels, SoundState } from '@/audio/call_sound';
import type { Channel } from '@/audio/voices';
import type { Act } from '@/live/actions';
import type { WallState } from '@/live/topics';
import type { Action, Via } from '@/live/wire';
import { kept } from './kept';

export interface OnLine {
  call: string;
  /** The number of the one that is spoken with. */
  caller: string;
  via: Via;
  phase: 'taking' | 'on' | 'leaving';
  since: number;
}

export interface DeskState {
  /** The call whose sound is here, and how that stands. */
  ear: { call: string; sound: SoundState } | null;
  line: OnLine | null;
  /** A line that was lost with the window before this one. */
  left: { call: string; caller: string; via: Via } | null;
  /** How the last line was lost, when it was not given back. */
  lost: { call: string; how: 'lapsed' | 'taken' } | null;
}

/** What the desk needs of the sound of a call. */
export type Sound = Pick<
  CallSound,
  | 'store'
  | 'levels'
  | 'start'
  | 'stop'
  | 'close'
  | 'setChannel'
  | 'setVolume'
  | 'openMicrophone'
  | 'closeMicrophone'
  | 'speak'
  | 'mute'
>;

interface Store<T> {
  getState: () => T;
  subscribe: (reader: (now: T) => void) => () => void;
}

export interface DeskDeps {
  act: (call: string, action: Action) => string;
  acts: Store<{ acts: Readonly<Record<string, Act>> }>;
  wall: Store<WallState>;
  self: () => string | undefined;
  onOpen: (reader: () => void) => void;
  /** The sound of a call; nothing of it is opened yet. */
  sound: (call: string) => Promise<Sound>;
  now: () => number;
}

const atRest: DeskState = { ear: null, line: null, left: null, lost: null };
const quiet: SoundLevels = { caller: 0, agent: 0, supervisor: 0, you: 0, waitingMs: 0, behindMs: null };

export class Desk {
  readonly store = createStore<DeskState>(() => atRest);
  readonly #deps: DeskDeps;
  #sound: Sound | null = null;
  #unwatch: (() => void) | undefined;
  /** The wall has shown that the line is ours. */
  #seen = false;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
    deps.wall.subscribe((state) => this.#watch(state));
    // The server lets a line go with its socket: whoever writes takes it up again.
    deps.onOpen(() => {
      const { line } = this.store.getState();
      if (line?.phase !== 'on' || line.via !== 'keyboard') return;
      this.#seen = false;
      deps.act(line.call, { type: 'takeover', via: 'keyboard' });
    });
  }

  /** How loud they are, each 0 to 1; read by meters, never by a render. */
  get levels(): SoundLevels {
    return this.#sound?.levels ?? quiet;
  }

  /** Hears a call. Must follow a press of the person, or nothing is played. */
  async listen(call: string): Promise<void> {
    await (await this.#soundOf(call)).start();
  }

  /** Hears no more. Whoever speaks by microphone goes on hearing. */
  hush(): void {
    if (this.store.getState().line?.via === 'microphone') return;
    this.#drop();
  }

  setVolume(volume: number): void {
    this.#sound?.setVolume(volume);
  }

  setChannel(channel: Channel): void {
    this.#sound?.setChannel(channel);
  }

  /** Opens a microphone to try it; nothing of it goes anywhere. Must follow a press of the person. */
  async tryMicrophone(call: string, device?: string): Promise<boolean> {
    return (await this.#soundOf(call)).openMicrophone(device);
  }

  /** The trial is over, and the call was not taken. */
  endTrial(): void {
    const { line, ear } = this.store.getState();
    if (line || !this.#sound) return;
    if (ear?.sound.phase === 'off') this.#drop();
    else this.#sound.closeMicrophone();
  }

  /** Takes a call over. A microphone is heard as soon as the agent has stopped. */
  async take(call: string, caller: string, via: Via): Promise<void> {
    this.#seen = false;
    const since = this.#deps.now();
    this.store.setState({ line: { call, caller, via, phase: 'taking', since }, left: null, lost: null });
    if (via === 'microphone') {
      // The line is held by the socket of the sound.
      const sound = await this.#soundOf(call);
      await sound.start();
      if (!['opening', 'live'].includes(sound.store.getState().phase)) return this.#leave();
    }
    this.#follow(this.#deps.act(call, { type: 'takeover', via }), {
      applied: () => {
        this.store.setState(({ line }) => ({ line: line && { ...line, phase: 'on' } }));
        kept.write({ call, caller, via, user: this.#deps.self() ?? '', at: this.#deps.now() });
        if (via === 'microphone') this.#sound?.speak(true);
      },
      failed: () => this.#leave(),
    });
  }

  mute(muted: boolean): void {
    this.#sound?.mute(muted);
  }

  handBack(note: string): void {
    const { line } = this.store.getState();
    if (!line || line.phase === 'leaving') return;
    this.store.setState({ line: { ...line, phase: 'leaving' } });
    // From this moment on nobody is heard who believes not to be.
    if (line.via === 'microphone') this.#sound?.speak(false);
    const action: Action = note ? { type: 'handback', note } : { type: 'handback' };
    const leave = () => this.#leave();
    this.#follow(this.#deps.act(line.call, action), { applied: leave, failed: leave });
  }

  /** Looks whether a window before this one was on a line. */
  remember(): void {
    const before = kept.read();
    if (!before || before.user !== this.#deps.self() || this.store.getState().line) return;
    const { call, caller, via } = before;
    this.store.setState({ left: { call, caller, via } });
  }

  forget(): void {
    kept.clear();
    this.store.setState({ left: null, lost: null });
  }

  /** Nobody is signed in any more. */
  close(): void {
    this.#leave();
    this.#drop();
    this.store.setState(atRest, true);
  }

  /** Waits for the end of an act. */
  #follow(actionId: string, then: { applied: () => void; failed: () => void }): void {
    const look = () => {
      const act = this.#deps.acts.getState().acts[actionId];
      if (act && ['held_back', 'sending', 'accepted'].includes(act.status)) return false;
      if (act?.status === 'applied') then.applied();
      else then.failed();
      return true;
    };
    if (look()) return;
    const stop = this.#deps.acts.subscribe(() => {
      if (look()) stop();
    });
  }

  /** The wall tells when a line is somebody else's, or the agent's again. */
  #watch({ lines }: WallState): void {
    const { line, ear } = this.store.getState();
    if (ear && lines[ear.call]?.endedAt && line?.call !== ear.call) this.#drop();
    if (!line) return;
    const shown = lines[line.call];
    if (!shown) return;
    if (shown.endedAt !== null) {
      this.#leave();
      this.#drop();
      return;
    }
    const { takeover, gaveBack } = shown;
    if (takeover?.actor.id === this.#deps.self()) {
      this.#seen = true;
      return;
    }
    if (line.phase !== 'on' || !this.#seen) return;
    if (!takeover && gaveBack !== 'lapsed') {
      if (gaveBack) this.#leave();
      return;
    }
    this.#leave();
    this.store.setState({ lost: { call: line.call, how: takeover ? 'taken' : 'lapsed' } });
  }

  /** One speaks no more. What was listened to is listened to further. */
  #leave(): void {
    this.#sound?.closeMicrophone();
    this.#seen = false;
    if (!this.store.getState().line) return;
    kept.clear();
    this.store.setState({ line: null });
  }

  /** The sound of a call, in place of that of another. */
  async #soundOf(call: string): Promise<Sound> {
    if (this.#sound && this.store.getState().ear?.call === call) return this.#sound;
    const sound = await this.#deps.sound(call);
    const { ear } = this.store.getState();
    if (this.#sound && ear?.call === call) {
      sound.close();
      return this.#sound;
    }
    this.#drop();
    if (ear) {
      sound.setVolume(ear.sound.volume);
      sound.setChannel(ear.sound.channel);
    }
    this.#sound = sound;
    const tell = (state: SoundState) => this.store.setState({ ear: { call, sound: state } });
    tell(sound.store.getState());
    this.#unwatch = sound.store.subscribe(tell);
    return sound;
  }

  #drop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#sound?.close();
    this.#sound = null;
    this.store.setState({ ear: null });
  }
}

/** Whether the sound of a call is wanted or heard. */
export function isListening(state: DeskState, call: string): boolean {
  return (
    state.ear?.call === call && ['opening', 'live', 'reconnecting', 'failed'].includes(state.ear.sound.phase)
  );
}
