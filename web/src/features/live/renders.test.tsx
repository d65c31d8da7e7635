// How much of the wall is drawn again when something happens in one call.
import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { socket, wall } from '@/live/live';
import { aCall, aSession } from '@/test/data';
import { playLive } from '@/test/live';
import { showApp } from '@/test/render';

const drawn = vi.hoisted(() => ({ lines: [] as string[] }));

// Every row of the wall shows who holds its line, once; the names tell the rows apart.
vi.mock('@/supervision/Holder', () => ({
  Holder: ({ holder }: { holder: { name: string } | null }) => {
    drawn.lines.push(holder?.name ?? '');
    return null;
  },
}));

beforeEach(() => {
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 600 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 1_000 });
});

afterEach(() => {
  socket.stop();
  wall.store.setState({ ready: false, lines: {} });
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it('an event of one call draws one line of five hundred', async () => {
  const many = Array.from({ length: 500 }, (_, at) => ({
    ...aCall({ id: `call_${at}`, from: `+1415555${1000 + at}` }),
    claimed_by: { id: `usr_${at}`, name: `holder ${at}` },
  }));
  const live = playLive({ calls: many, call: many[0] });
  // The clock stands still: it draws every line by itself, once a second.
  vi.spyOn(Date, 'now').mockReturnValue(Date.now());
  showApp('/live', aSession());
  const list = await screen.findByRole('list', { name: 'Live' });
  await waitFor(() => expect(wall.store.getState().ready).toBe(true));
  await waitFor(() => expect(within(list).getAllByRole('listitem')).not.toHaveLength(0));

  const happens = async (text: string) => {
    drawn.lines.length = 0;
    live.happen({ event: 'speech.final', data: { item_id: text, speaker: 'caller', text } });
    expect(await within(list).findByText(text)).toBeInTheDocument();
    return [...drawn.lines];
  };
  // What the first pictures still had to settle is through with the first event.
  await happens('Hello?');
  expect(await happens('Is anybody there?')).toEqual(['holder 0']);
});
