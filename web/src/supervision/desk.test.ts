// The desk of a window: nothing goes up before a line is ours, and nobody is left with an open microphone.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SoundState } from '@/audio/call_sound';
import type { Act, ActStatus } from '@/live/actions';
import type { WallState } from '@/live/topics';
import { lineOf } from '@/live/wall';
import type { Action } from '@/live/wire';
import { aCall } from '@/test/data';
import { Desk, isListening, type Sound } from './desk';
import { kept } from './kept';

const me = { id: 'usr_1', name: 'Ana' };
const ben = { id: 'usr_2', name: 'Ben' };

let acts: StoreApi<{ acts: Record<string, Act> }>;
let wall: StoreApi<WallState>;
let asked: Action[];
let sound: Sound & { close: ReturnType<typeof vi.fn>; speak: ReturnType<typeof vi.fn> };
let reopen: () => void;
let desk: Desk;

function aSound() {
  const store = createStore<SoundState>(() => ({
    phase: 'off',
    problem: null,
    channel: 'both',
    volume: 1,
    microphone: 'closed',
    fault: null,
    speaking: false,
    muted: false,
  }));
  const set = (change: Partial<SoundState>) => store.setState(change);
  return {
    store,
    levels: { caller: 0, agent: 0, supervisor: 0, you: 0, waitingMs: 0, behindMs: null },
    start: async () => set({ phase: 'live' }),
    stop: () => set({ phase: 'off' }),
    close: vi.fn(),
    setChannel: (channel: SoundState['channel']) => set({ channel }),
    setVolume: (volume: number) => set({ volume }),
    openMicrophone: async () => {
      set({ microphone: 'open' });
      return true;
    },
    closeMicrophone: () => set({ microphone: 'closed', speaking: false }),
    speak: vi.fn((speaking: boolean) => set({ speaking })),
    mute: (muted: boolean) => set({ muted }),
  };
}

beforeEach(() => {
  asked = [];
  acts = createStore<{ acts: Record<string, Act> }>(() => ({ acts: {} }));
  wall = createStore<WallState>(() => ({ ready: true, lines: { call_1: lineOf(aCall()) } }));
  sound = aSound();
  desk = new Desk({
    act: (call, action) => {
      asked.push(action);
      const actionId = `act_${asked.length}`;
      const act: Act = { actionId, call, action, at: '', status: 'sending' };
      acts.setState(({ acts: all }) => ({ acts: { ...all, [actionId]: act } }));
      return actionId;
    },
    acts,
    wall,
    self: () => me.id,
    onOpen: (reader) => {
      reopen = reader;
    },
    sound: async () => sound,
    now: Date.now,
  });
});

function settle(status: ActStatus) {
  const id = `act_${asked.length}`;
  acts.setState(({ acts: all }) => ({ acts: { ...all, [id]: { ...all[id], status } as Act } }));
}

function speaks(actor: typeof me | null, reason: 'lapsed' | 'handed_back' | null = null) {
  const line = {
    ...lineOf(aCall()),
    takeover: actor && { actor, via: 'microphone' as const },
    gaveBack: reason,
  };
  wall.setState({ lines: { call_1: line } });
}

async function taken() {
  await desk.tryMicrophone('call_1');
  await desk.take('call_1', '+14155550111', 'microphone');
  settle('applied');
  speaks(me);
}

describe('listening', () => {
  it('never opens a microphone', async () => {
    await desk.listen('call_1');
    expect(isListening(desk.store.getState(), 'call_1')).toBe(true);
    expect(sound.store.getState().microphone).toBe('closed');
    desk.hush();
    expect(sound.close).toHaveBeenCalled();
    expect(desk.store.getState().ear).toBeNull();
  });
});

describe('a takeover by microphone', () => {
  it('sends nothing before the server has applied it', async () => {
    await desk.tryMicrophone('call_1');
    await desk.take('call_1', '+14155550111', 'microphone');
    expect(asked).toEqual([{ type: 'takeover', via: 'microphone' }]);
    expect(sound.speak).not.toHaveBeenCalledWith(true);
    settle('applied');
    expect(sound.speak).toHaveBeenCalledWith(true);
    expect(desk.store.getState().line?.phase).toBe('on');
  });

  it('lets the microphone go when it is refused', async () => {
    await desk.tryMicrophone('call_1');
    await desk.take('call_1', '+14155550111', 'microphone');
    settle('failed');
    expect(desk.store.getState().line).toBeNull();
    expect(sound.store.getState().microphone).toBe('closed');
  });

  it('is silent from the moment of handing back', async () => {
    await taken();
    desk.handBack('She wants Thursday.');
    expect(sound.speak).toHaveBeenLastCalledWith(false);
    expect(asked.at(-1)).toEqual({ type: 'handback', note: 'She wants Thursday.' });
    settle('applied');
    expect(desk.store.getState().line).toBeNull();
    expect(sound.store.getState().microphone).toBe('closed');
    expect(kept.read()).toBeNull();
  });

  it('says that the agent has the call again when the lease ran out', async () => {
    await taken();
    speaks(null, 'lapsed');
    expect(desk.store.getState()).toMatchObject({ line: null, lost: { call: 'call_1', how: 'lapsed' } });
    expect(sound.store.getState().microphone).toBe('closed');
  });

  it('says that a colleague has taken it', async () => {
    await taken();
    speaks(ben);
    expect(desk.store.getState()).toMatchObject({ line: null, lost: { how: 'taken' } });
  });

  it('does not end before the wall has heard of it', async () => {
    await desk.take('call_1', '+14155550111', 'microphone');
    settle('applied');
    wall.setState({ lines: { call_1: { ...lineOf(aCall()), gaveBack: 'lapsed' } } });
    expect(desk.store.getState().line?.phase).toBe('on');
  });

  it('ends with the call', async () => {
    await taken();
    wall.setState({ lines: { call_1: lineOf(aCall({ status: 'ended' })) } });
    expect(desk.store.getState()).toMatchObject({ line: null, ear: null, lost: null });
  });
});

describe('a takeover by keyboard', () => {
  it('is taken up again after the socket came back', async () => {
    await desk.take('call_1', '+14155550111', 'keyboard');
    settle('applied');
    reopen();
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual({ type: 'takeover', via: 'keyboard' });
  });
});

describe('a window that comes back', () => {
  it('offers the line that it was on, to the same person only', async () => {
    await taken();
    // The window is gone without a word: what was kept stays.
    const kin = (id: string) =>
      new Desk({
        act: () => '',
        acts,
        wall,
        self: () => id,
        onOpen: () => undefined,
        sound: async () => sound,
        now: Date.now,
      });
    const again = kin(me.id);
    again.remember();
    expect(again.store.getState().left).toMatchObject({ call: 'call_1', via: 'microphone' });
    const other = kin(ben.id);
    other.remember();
    expect(other.store.getState().left).toBeNull();
    again.forget();
    expect(kept.read()).toBeNull();
  });
});
