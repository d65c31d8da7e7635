// The one live connection of a tab: a ticket for every attempt, topics resumed at their cursors, patience that
// grows, and handlers of a replaced connection that change nothing.
import { createStore } from 'zustand/vanilla';
import { browserClockwork, type Clockwork, FrameQueue } from './queue';
import type { ActionFrame, ErrorFrame, EventFrame, ServerFrame, SnapshotFrame } from './wire';

export type Link = 'connecting' | 'live' | 'catching_up' | 'reconnecting' | 'offline' | 'refused';

export interface LinkState {
  link: Link;
  /** When the last word came. */
  heardAt: number | null;
  /** Events that came while catching up; shown for a moment. */
  caughtUp: number | null;
}

export interface TopicReader {
  snapshot: (frame: SnapshotFrame) => void;
  events: (frames: EventFrame[]) => void;
  /** The server does not show this topic. */
  refused?: (frame: ErrorFrame) => void;
}

export interface LiveDeps {
  url: () => string;
  ticket: () => Promise<string>;
  /** Called after close code 4401; false when nobody is signed in any more. */
  renew: () => Promise<boolean>;
  open: (url: string, protocols: string[]) => WebSocket;
  random: () => number;
  clockwork: Clockwork;
}

interface Topic {
  topic: 'calls' | 'call';
  id?: string;
  cursor: string | null;
  reader: TopicReader;
}

const silenceMs = 45_000;
const pingMs = 20_000;
const overflow = 5_000;

export class LiveSocket {
  readonly state = createStore<LinkState>(() => ({ link: 'connecting', heardAt: null, caughtUp: null }));
  readonly #deps: LiveDeps;
  readonly #queue: FrameQueue;
  readonly #topics = new Map<string, Topic>();
  readonly #actionReaders = new Set<(frame: ActionFrame) => void>();
  readonly #openReaders = new Set<() => void>();
  #socket: WebSocket | null = null;
  #generation = 0;
  #attempts = 0;
  #started = false;
  #wasLive = false;
  #missed = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #heard = 0;

  constructor(deps: LiveDeps) {
    this.#deps = deps;
    this.#queue = new FrameQueue(deps.clockwork, (frames) => this.#deliver(frames));
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    globalThis.addEventListener?.('online', this.#back);
    globalThis.addEventListener?.('offline', this.#gone);
    globalThis.document?.addEventListener('visibilitychange', this.#hurry);
    this.#pulse = setInterval(() => this.#beat(), 5_000);
    void this.#connect();
  }

  stop(): void {
    this.#started = false;
    this.#wasLive = false;
    this.#attempts = 0;
    globalThis.removeEventListener?.('online', this.#back);
    globalThis.removeEventListener?.('offline', this.#gone);
    globalThis.document?.removeEventListener('visibilitychange', this.#hurry);
    clearInterval(this.#pulse);
    this.#drop();
    this.#queue.clear();
    for (const topic of this.#topics.values()) topic.cursor = null;
    this.state.setState({ link: 'connecting', heardAt: null, caughtUp: null });
  }

  /** Reads a topic until the returned function is called. */
  subscribe(topic: 'calls' | 'call', id: string | undefined, reader: TopicReader): () => void {
    const key = keyOf(topic, id);
    const entry: Topic = { topic, id, cursor: null, reader };
    this.#topics.set(key, entry);
    this.#subscribe(entry);
    return () => {
      if (this.#topics.get(key) !== entry) return;
      this.#topics.delete(key);
      this.send({ op: 'unsubscribe', topic, ...(id ? { id } : {}) });
    };
  }

  onAction(reader: (frame: ActionFrame) => void): () => void {
    this.#actionReaders.add(reader);
    return () => this.#actionReaders.delete(reader);
  }

  /** Called after every opening, once the topics are asked for. */
  onOpen(reader: () => void): () => void {
    this.#openReaders.add(reader);
    return () => this.#openReaders.delete(reader);
  }

  /** False when there is no connection to send on. */
  send(frame: object): boolean {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  readonly #hurry = () => {
    if (globalThis.document?.visibilityState === 'hidden') return;
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    void this.#connect();
  };

  /** A connection from before the network went away may be dead without knowing it. */
  readonly #back = () => void this.#connect();

  readonly #gone = () => this.state.setState({ link: 'offline' });

  async #connect(): Promise<void> {
    const generation = this.#drop();
    this.state.setState({ link: this.#wasLive ? 'reconnecting' : 'connecting' });
    let ticket: string;
    try {
      ticket = await this.#deps.ticket();
    } catch (thrown) {
      if (generation !== this.#generation) return;
      const status = (thrown as { status?: number }).status;
      if (status === 403) this.#refuse();
      else if (status !== 401) this.#later();
      return;
    }
    if (generation !== this.#generation || !this.#started) return;
    const socket = this.#deps.open(this.#deps.url(), ['phony.v1', `ticket.${ticket}`]);
    this.#socket = socket;
    socket.onopen = () => generation === this.#generation && this.#opened();
    socket.onmessage = (message) => generation === this.#generation && this.#received(String(message.data));
    socket.onclose = (close) => generation === this.#generation && void this.#closed(close.code);
  }

  #opened(): void {
    this.#attempts = 0;
    this.#missed = 0;
    this.#heard = Date.now();
    this.state.setState({ link: 'catching_up', heardAt: this.#heard });
    for (const topic of this.#topics.values()) this.#subscribe(topic);
    for (const reader of this.#openReaders) reader();
    this.#settleSoon();
  }

  #settleSoon(): void {
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => {
      const caughtUp = this.#wasLive && this.#missed > 0 ? this.#missed : null;
      this.#wasLive = true;
      this.state.setState({ link: 'live', caughtUp });
      if (caughtUp !== null) {
        this.#settle = setTimeout(() => this.state.setState({ caughtUp: null }), 3_000);
      }
    }, 250);
  }

  #received(text: string): void {
    this.#heard = Date.now();
    const frame = parse(text);
    if (!frame) return;
    if (this.state.getState().link === 'catching_up' && frame.op === 'event') {
      this.#missed += 1;
      this.#settleSoon();
    }
    if (frame.op === 'action') {
      for (const reader of this.#actionReaders) reader(frame);
      return;
    }
    if (frame.op === 'error' && frame.topic) {
      this.#topics.get(keyOf(frame.topic, frame.id))?.reader.refused?.(frame);
    }
    if (frame.op !== 'event' && frame.op !== 'snapshot') return;
    this.#queue.push(frame);
    if (this.#queue.size > overflow) this.#startAfresh();
  }

  #startAfresh(): void {
    this.#queue.clear();
    for (const topic of this.#topics.values()) {
      topic.cursor = null;
      this.#subscribe(topic);
    }
  }

  #deliver(frames: ServerFrame[]): void {
    const events = new Map<Topic, EventFrame[]>();
    const flush = (topic: Topic) => {
      const waiting = events.get(topic);
      events.delete(topic);
      if (waiting) topic.reader.events(waiting);
    };
    for (const frame of frames) {
      if (frame.op !== 'event' && frame.op !== 'snapshot') continue;
      const id = frame.topic === 'call' ? frame.id : undefined;
      const topic = this.#topics.get(keyOf(frame.topic, id));
      if (!topic) continue;
      topic.cursor = frame.cursor;
      if (frame.op === 'event') {
        const waiting = events.get(topic);
        if (waiting) waiting.push(frame);
        else events.set(topic, [frame]);
      } else {
        flush(topic);
        topic.reader.snapshot(frame);
      }
    }
    for (const topic of [...events.keys()]) flush(topic);
    this.state.setState({ heardAt: this.#heard });
  }

  async #closed(code: number): Promise<void> {
    this.#drop();
    if (!this.#started) return;
    if (code === 4403) return this.#refuse();
    if (code === 4401) {
      const renewed = await this.#deps.renew().catch(() => true);
      if (!renewed) return;
    }
    if (code === 4429) this.#attempts = Math.max(this.#attempts, 5);
    if (code === 4408) void this.#connect();
    else this.#later();
  }

  #refuse(): void {
    this.#drop();
    this.state.setState({ link: 'refused' });
  }

  #later(): void {
    const offline = globalThis.navigator?.onLine === false;
    this.state.setState({ link: offline ? 'offline' : 'reconnecting' });
    const longest = Math.min(8_000, 250 * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        void this.#connect();
      },
      Math.max(50, this.#deps.random() * longest),
    );
  }

  #beat(): void {
    if (!this.#socket) return;
    const quiet = Date.now() - this.#heard;
    if (quiet > silenceMs) void this.#connect();
    else if (quiet > pingMs) this.send({ op: 'ping' });
  }

  #subscribe({ topic, id, cursor }: Topic): void {
    this.send({ op: 'subscribe', topic, ...(id ? { id } : {}), ...(cursor ? { after: cursor } : {}) });
  }

  /** Lets go of the connection; what it still says is of an older generation. */
  #drop(): number {
    this.#generation += 1;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    clearTimeout(this.#settle);
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState < 2) socket.close(1000);
    return this.#generation;
  }
}

function keyOf(topic: string, id: string | undefined): string {
  return id ? `${topic} ${id}` : topic;
}

function parse(text: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(text);
    return frame && typeof frame === 'object' && 'op' in frame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}

export const browserDeps: Pick<LiveDeps, 'url' | 'open' | 'random' | 'clockwork'> = {
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/live`,
  open: (url, protocols) => new WebSocket(url, protocols),
  random: Math.random,
  clockwork: browserClockwork,
};
