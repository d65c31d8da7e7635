// The wall as a supervisor sees it.
import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { socket, wall } from '@/live/live';
import type { WallCall } from '@/live/wire';
import { aCall, aSession, viewerPermissions } from '@/test/data';
import { playLive } from '@/test/live';
import { showApp } from '@/test/render';

const since = '2026-11-21T08:00:00.000Z';
const soon = () => new Date(Date.now() + 20_000).toISOString();

const calls = (): WallCall[] => [
  aCall({ id: 'call_1', from: '+14155550101', answered_at: new Date().toISOString() }),
  {
    ...aCall({ id: 'call_2', from: '+14155550102', personality: { id: 'per_2', name: 'Sales', version: 1 } }),
    attention: [{ kind: 'unhappy', since, reason: 'asked_for_person' }],
    mood: -1,
    claimed_by: { id: 'usr_2', name: 'Ben' },
  },
  {
    ...aCall({ id: 'call_3', from: '+14155550103', state: 'awaiting_approval' }),
    attention: [{ kind: 'approval', since, expires_at: soon() }],
    last_words: { speaker: 'caller', text: 'Can I come on Thursday?' },
    last_reply_ms: 640,
  },
];

beforeEach(() => {
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 600 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 1_000 });
});

afterEach(() => {
  socket.stop();
  wall.store.setState({ ready: false, lines: {} });
  vi.unstubAllGlobals();
});

const lines = async () => within(await screen.findByRole('list', { name: 'Live' })).getAllByRole('listitem');

describe('the wall', () => {
  it('puts who waits for a person first, and says what each line needs', async () => {
    playLive({ calls: calls() });
    showApp('/live', aSession());
    const [first, second, third] = await lines();
    expect(first).toHaveTextContent('Reply to approve');
    expect(first).toHaveTextContent(/00:\d\d left/);
    expect(first).toHaveTextContent('Can I come on Thursday?');
    expect(second).toHaveTextContent('Unhappyasked for a person');
    expect(second).toHaveTextContent('Ben');
    expect(third).toHaveTextContent('+1 415 555 0101');
  });

  it('is there before the socket has told its first word', async () => {
    playLive({ calls: calls(), silent: true });
    showApp('/live', aSession());
    const [first] = await lines();
    expect(first).toHaveTextContent('Reply to approve');
    expect(first).toHaveTextContent('Can I come on Thursday?');
  });

  it('is filtered by what the address says, and the address by what is pressed', async () => {
    playLive({ calls: calls() });
    const { user, router } = showApp('/live?personality=per_2', aSession());
    expect(await lines()).toHaveLength(1);
    await user.selectOptions(screen.getByLabelText('Any agent'), '');
    await waitFor(async () => expect(await lines()).toHaveLength(3));
    await user.click(screen.getByRole('radio', { name: /Unhappy/ }));
    await waitFor(async () => expect(await lines()).toHaveLength(1));
    expect(router.state.location.search).toEqual({ need: 'unhappy' });
  });

  it('does not move under a pointer, and says that the order is another', async () => {
    const live = playLive({ calls: calls(), call: calls()[0] });
    const { user } = showApp('/live', aSession());
    const [, , calm] = await lines();
    await user.pointer({ target: calm });
    live.happen({
      event: 'attention.changed',
      data: { attention: [{ kind: 'clarification', since, expires_at: soon() }] },
    });
    await waitFor(() => expect(calm).toHaveTextContent('Asks for help'));
    expect((await lines())[2]).toHaveTextContent('+1 415 555 0101');
    await user.click(screen.getByRole('button', { name: /Put in order/ }));
    await waitFor(async () => expect((await lines())[0]).toHaveTextContent('Asks for help'));
  });

  it('opens the neediest by a key', async () => {
    playLive({ calls: calls() });
    const { user, router } = showApp('/live', aSession());
    await lines();
    await user.keyboard(']');
    await waitFor(() => expect(router.state.location.pathname).toContain('call_3'));
  });

  it('hides words from those who may not read them', async () => {
    playLive({ calls: calls() });
    showApp('/live', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect((await lines())[0]).toHaveTextContent('Words are not shown to your role.');
  });

  it('shows five hundred calls with few rows', async () => {
    const many = Array.from({ length: 500 }, (_, at) =>
      aCall({ id: `call_${at}`, from: `+1415555${1000 + at}` }),
    );
    playLive({ calls: many });
    showApp('/live', aSession());
    const shown = await lines();
    expect(shown.length).toBeLessThan(40);
    expect(shown[0]).toHaveAttribute('aria-setsize', '500');
  });
});
