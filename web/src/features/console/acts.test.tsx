// What a supervisor does to a live call in its console, by hand and by keys.
import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { socket, wall } from '@/live/live';
import type { Item, OpenApproval } from '@/live/wire';
import { aSession } from '@/test/data';
import { allAbilities, playLive } from '@/test/live';
import { showApp } from '@/test/render';
import { draftStore } from './drafts';

const ben = { id: 'usr_2', name: 'Ben Okafor' };
const soon = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

const approval = (id: string, text: string, seconds = 30): OpenApproval => ({
  approval_id: id,
  item_id: `${id}_s`,
  text,
  expires_at: soon(seconds),
  on_timeout: 'speak',
});

beforeEach(() => {
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 600 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 800 });
});

afterEach(() => {
  draftStore.setState({ calls: new Map() });
  socket.stop();
  wall.store.setState({ ready: false, lines: {} });
  vi.unstubAllGlobals();
});

const bar = () => screen.findByRole('region', { name: 'Step in' });

describe('replies that wait', () => {
  it('are approved by a key, but not by one that was pressed before they could be read', async () => {
    const live = playLive({ live: { approvals: [approval('a1', 'Thursday at ten is booked.')] } });
    const clock = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    const { user } = showApp('/live/call_1', aSession());
    const card = await screen.findByRole('article', { name: 'A reply to approve' });
    expect(card).toHaveTextContent('At zero: it is spoken');
    clock.mockReturnValue(10_399);
    await user.keyboard('y');
    expect(live.sent).toEqual([]);
    clock.mockReturnValue(10_400);
    await user.keyboard('y');
    await waitFor(() => expect(live.sent).toHaveLength(1));
    expect(live.sent[0]).toMatchObject({ type: 'approve', data: { approval_id: 'a1' } });
    live.happen({ event: 'approval.decided', data: { approval_id: 'a1', decision: 'approved', actor: ben } });
    await waitFor(() => expect(card).not.toBeInTheDocument());
  });

  it('are edited in place, and rejected with a word to the agent', async () => {
    const live = playLive({
      live: { approvals: [approval('a1', 'It costs ten.', 20), approval('a2', 'It is free.', 30)] },
    });
    const { user } = showApp('/live/call_1', aSession());
    const [first, second] = await screen.findAllByRole('article', { name: 'A reply to approve' });
    await waitFor(async () => {
      await user.click(within(first as HTMLElement).getByRole('button', { name: 'Edit' }));
      expect(screen.getByLabelText('What the caller hears instead')).toHaveFocus();
    });
    const field = screen.getByLabelText('What the caller hears instead');
    await user.clear(field);
    await user.type(field, 'It costs twelve.{Enter}');
    await waitFor(() => expect(live.sent).toHaveLength(1));
    expect(live.sent[0]).toMatchObject({
      type: 'approve',
      data: { approval_id: 'a1', text: 'It costs twelve.' },
    });
    await user.click(within(second as HTMLElement).getByRole('button', { name: 'Reject' }));
    await user.type(screen.getByLabelText('A word to the agent about why'), 'It is not free{Enter}');
    await waitFor(() => expect(live.sent).toHaveLength(2));
    expect(live.sent[1]).toMatchObject({
      type: 'reject',
      data: { approval_id: 'a2', guidance: 'It is not free' },
    });
  });

  it('are switched on, and off again by undo', async () => {
    const live = playLive();
    const { user } = showApp('/live/call_1', aSession());
    await user.selectOptions(await screen.findByLabelText('Which replies wait for you'), 'every_turn');
    await waitFor(() => expect(live.sent).toHaveLength(1));
    expect(live.sent[0]).toMatchObject({ type: 'approval_mode', data: { mode: 'every_turn' } });
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(live.sent).toHaveLength(2));
    expect(live.sent[1]).toMatchObject({ type: 'approval_mode', data: { mode: 'off' } });
  });
});

describe('who handles a call', () => {
  it('is seen by everyone, and others can ask for it or take it', async () => {
    const live = playLive({ live: { claimed_by: ben, watchers: [ben] } });
    const { user } = showApp('/live/call_1', aSession());
    const step = await bar();
    expect(await within(step).findByText('Ben Okafor is handling this')).toBeInTheDocument();
    expect(screen.getByText('Ben Okafor watches')).toBeInTheDocument();
    expect(within(step).getByRole('button', { name: 'Hold' })).toBeDisabled();
    expect(screen.getByLabelText('Words to say to the caller')).toBeDisabled();
    await user.click(within(step).getByRole('button', { name: 'Take it over' }));
    await waitFor(() => expect(live.sent).toHaveLength(1));
    expect(live.sent[0]).toMatchObject({ type: 'claim', data: { take: true } });
    live.happen({ event: 'supervision.claimed', data: { actor: { id: 'usr_1', name: 'Ana Ortiz' } } });
    await waitFor(() => expect(within(step).getByRole('button', { name: 'Hold' })).toBeEnabled());
    expect(screen.getByText('You have it')).toBeInTheDocument();
  });

  it('is taken back by undo', async () => {
    const live = playLive();
    const { user } = showApp('/live/call_1', aSession());
    await bar();
    await user.keyboard('c');
    await waitFor(() => expect(live.sent).toHaveLength(1));
    await user.keyboard('z');
    await waitFor(() => expect(live.sent.map(({ type }) => type)).toEqual(['claim', 'release']));
  });
});

describe('acts by keys', () => {
  it('hold, and write a note that can be taken back before anybody sees it', async () => {
    const live = playLive();
    const { user } = showApp('/live/call_1', aSession());
    await bar();
    await user.keyboard('h');
    await waitFor(() => expect(live.sent[0]).toMatchObject({ type: 'hold' }));
    await user.keyboard('n');
    const dialog = await screen.findByRole('dialog', { name: 'Note for colleagues' });
    await user.type(within(dialog).getByLabelText('What colleagues should know'), 'She is in a hurry');
    await user.click(within(dialog).getByRole('button', { name: 'Keep the note' }));
    expect(await screen.findByText('sent in a moment')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    await waitFor(() => expect(screen.queryByText('sent in a moment')).not.toBeInTheDocument());
    expect(live.sent.map(({ type }) => type)).toEqual(['hold']);
  });

  it('open what asks before it ends a call, and never end it alone', async () => {
    const live = playLive();
    const { user } = showApp('/live/call_1', aSession());
    await bar();
    await user.keyboard('q');
    expect(await screen.findByRole('dialog', { name: 'End this call?' })).toBeInTheDocument();
    expect(live.sent).toEqual([]);
  });

  it('offer ready sentences', async () => {
    const live = playLive();
    const { user } = showApp('/live/call_1', aSession());
    await bar();
    await user.keyboard(';');
    const field = screen.getByLabelText('Words to say to the caller');
    await waitFor(() => expect(field).toHaveFocus());
    await user.type(field, 'patience');
    expect(screen.getByRole('option', { name: 'Thank you for your patience.' })).toBeInTheDocument();
    await user.keyboard('{Enter}');
    expect(field).toHaveValue('Thank you for your patience.');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(live.sent[0]).toMatchObject({ type: 'say' }));
  });

  it('let the agent decide, and keep the focus when events arrive', async () => {
    const question: Item = {
      id: 'q1',
      seq: 1,
      at: soon(0),
      offset_ms: 0,
      kind: 'clarification',
      question: 'Is parking included?',
      expires_at: soon(30),
      on_timeout: 'offer_callback',
      expired: false,
    };
    const live = playLive({ live: { items: [question] } });
    const { user } = showApp('/live/call_1', aSession());
    const card = await screen.findByRole('region', { name: 'The agent asks' });
    expect(card).toHaveTextContent('If nobody answers, it offers a call back.');
    await user.keyboard('a');
    await waitFor(() => expect(within(card).getByLabelText('Your answer')).toHaveFocus());
    await user.keyboard('Ye');
    live.happen({ event: 'speech.final', data: { item_id: 's1', speaker: 'caller', text: 'Hello?' } });
    const talk = screen.getByRole('region', { name: 'Transcript' });
    expect(await within(talk).findByText('Hello?')).toBeInTheDocument();
    expect(within(card).getByLabelText('Your answer')).toHaveFocus();
    expect(within(card).getByLabelText('Your answer')).toHaveValue('Ye');
    await user.click(within(card).getByRole('button', { name: 'Let it decide' }));
    await waitFor(() => expect(live.sent).toHaveLength(1));
    expect(live.sent[0]).toMatchObject({
      type: 'clarify',
      data: { clarification_id: 'q1', decide: true },
    });
  });
});

describe('half-typed words', () => {
  /** A window whose width can be changed. */
  const windowOf = (width: number) => {
    const lists = new Set<() => void>();
    let wide = width;
    vi.stubGlobal('matchMedia', (query: string) => ({
      get matches() {
        const most = /max-width: (\d+)px/.exec(query)?.[1];
        return most !== undefined && wide <= Number(most);
      },
      addEventListener: (_: string, tell: () => void) => lists.add(tell),
      removeEventListener: (_: string, tell: () => void) => lists.delete(tell),
    }));
    return (next: number) => {
      wide = next;
      for (const tell of [...lists]) tell();
    };
  };

  it('stay with their focus when the window becomes a telephone and back', async () => {
    const resize = windowOf(1_440);
    playLive();
    const { user } = showApp('/live/call_1', aSession());
    await bar();
    await user.keyboard('s');
    const field = await screen.findByLabelText('Words to say to the caller');
    await waitFor(() => expect(field).toHaveFocus());
    await user.keyboard('One mom');
    for (const width of [390, 900, 1_440]) {
      act(() => resize(width));
      expect(screen.getByLabelText('Words to say to the caller')).toBe(field);
      expect(field).toHaveFocus();
      expect(field).toHaveValue('One mom');
    }
  });

  it('are there again after another page, and gone once the call is over', async () => {
    const live = playLive({ live: { approvals: [approval('a1', 'It is ten.')] } });
    const { user, router } = showApp('/live/call_1', aSession());
    await bar();
    await user.type(screen.getByLabelText('Words to say to the caller'), 'One mom');
    const card = await screen.findByRole('article', { name: 'A reply to approve' });
    await waitFor(async () => {
      await user.click(within(card).getByRole('button', { name: 'Reject' }));
      expect(screen.getByLabelText('A word to the agent about why')).toHaveFocus();
    });
    await user.keyboard('Not ye');
    await act(() => router.navigate({ to: '/live' }));
    await screen.findByRole('list', { name: 'Live' });
    await act(() => router.navigate({ to: '/live/$call', params: { call: 'call_1' } }));
    await bar();
    expect(screen.getByLabelText('Words to say to the caller')).toHaveValue('One mom');
    expect(await screen.findByLabelText('A word to the agent about why')).toHaveValue('Not ye');
    const ending = { reason: 'caller_hangup', by: 'caller', fault: 'none', detail: null } as const;
    live.happen({ event: 'call.state', data: { status: 'ended', ending } });
    await screen.findByText('The call is over');
    await waitFor(() => expect(draftStore.getState().calls.size).toBe(0));
  });
});

describe('what a call cannot do', () => {
  it('is said, and the keyboard is the way in', async () => {
    const live = playLive({
      abilities: { ...allAbilities, takeover_microphone: false, reasons: {} },
    });
    const { user } = showApp('/live/call_1', aSession());
    await bar();
    expect(await screen.findByText(/You cannot speak into it/)).toBeInTheDocument();
    await user.keyboard('t');
    const sheet = await screen.findByRole('dialog', { name: 'Speak with the caller' });
    await user.click(within(sheet).getByRole('button', { name: 'Take over now' }));
    await waitFor(() => expect(live.sent).toHaveLength(1));
    expect(live.sent[0]).toMatchObject({ type: 'takeover', data: { via: 'keyboard' } });
    const strip = await screen.findByRole('region', { name: 'You are on the line' });
    live.happen({
      event: 'takeover.changed',
      data: { actor: { id: 'usr_1', name: 'Ana Ortiz' }, via: 'keyboard', reason: 'taken' },
    });
    expect(await screen.findByLabelText("Words to say in the agent's place")).toBeEnabled();
    await user.click(within(strip).getByRole('button', { name: 'Hand back' }));
    await waitFor(() => expect(live.sent.at(-1)).toMatchObject({ type: 'handback' }));
    await waitFor(() => expect(strip).not.toBeInTheDocument());
  });
});
