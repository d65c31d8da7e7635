import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiProblem } from '@/api/problem';
import { makeActs, notYetShown } from './actions';
import type { ActionFrame, Item } from './wire';

let sent: Record<string, unknown>[];
let connected: boolean;
let rest: string[];
let restAnswer: () => Promise<{ status: string; code?: string; detail?: string }>;
let tell: (frame: ActionFrame) => void;
let reopen: () => void;
let acts: ReturnType<typeof makeActs>;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  rest = [];
  connected = true;
  restAnswer = async () => ({ status: 'applied' });
  let next = 0;
  acts = makeActs({
    socket: {
      send: (frame: object) => {
        if (connected) sent.push({ ...frame });
        return connected;
      },
      onAction: (reader) => {
        tell = reader;
        return () => true;
      },
      onOpen: (reader) => {
        reopen = reader;
        return () => true;
      },
    },
    rest: (_call, id) => {
      rest.push(id);
      return restAnswer();
    },
    newId: () => {
      next += 1;
      return `a${next}`;
    },
    patienceMs: 1_000,
  });
});

const status = (id: string) => acts.store.getState().acts[id]?.status;
const say = () => acts.act('call_1', { type: 'say', text: 'Hello', mode: 'verbatim', when: 'now' });

describe('an act', () => {
  it('is shown at once and ends as the server says', () => {
    const id = say();
    expect(status(id)).toBe('sending');
    expect(sent).toEqual([
      {
        op: 'action',
        action_id: id,
        call: 'call_1',
        type: 'say',
        data: { text: 'Hello', mode: 'verbatim', when: 'now' },
      },
    ]);
    tell({ op: 'action', action_id: id, status: 'accepted' });
    expect(status(id)).toBe('accepted');
    tell({ op: 'action', action_id: id, status: 'applied' });
    tell({ op: 'action', action_id: id, status: 'failed', code: 'late' });
    expect(status(id)).toBe('applied');
  });

  it('goes by REST when there is no socket, or when the socket does not answer', async () => {
    connected = false;
    const first = say();
    await vi.advanceTimersByTimeAsync(0);
    expect(status(first)).toBe('applied');
    connected = true;
    const second = say();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rest).toEqual([first, second]);
    expect(status(second)).toBe('applied');
  });

  it('is sent again under the same id after a reconnect', async () => {
    connected = false;
    restAnswer = async () => {
      throw ApiProblem.unreachable();
    };
    const id = say();
    await vi.advanceTimersByTimeAsync(0);
    expect(status(id)).toBe('sending');
    connected = true;
    reopen();
    expect(sent.map((frame) => frame.action_id)).toEqual([id]);
  });

  it('fails with a reason and can be tried again as a new act', () => {
    const id = say();
    tell({ op: 'action', action_id: id, status: 'failed', code: 'queue_full', detail: 'too many' });
    expect(acts.store.getState().acts[id]).toMatchObject({ status: 'failed', detail: 'too many' });
    const again = acts.again(id);
    expect(again).not.toBe(id);
    expect(status(id)).toBeUndefined();
    expect(again && status(again)).toBe('sending');
  });

  it('leaves the list once the ledger shows it', () => {
    const id = say();
    const all = acts.store.getState().acts;
    expect(notYetShown(all, 'call_1', [])).toHaveLength(1);
    expect(notYetShown(all, 'call_2', [])).toHaveLength(0);
    const item = { id: 'i1', kind: 'intervention', action_id: id } as Item;
    expect(notYetShown(all, 'call_1', [item])).toHaveLength(0);
  });
});
