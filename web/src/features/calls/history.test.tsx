import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { rowsOf } from '@/lib/Export';
import { aCall, aSession, listOf } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { columns } from './export';

const first = aCall({ status: 'ended', state: null, ended_reason: 'caller_hangup', duration_ms: 95_000 });
const second = aCall({
  ...first,
  id: 'call_2',
  direction: 'outbound',
  from: '+14155550134',
  to: '+14155550188',
});

const both = () => {
  server.use(
    http.get(url('/v1/calls'), () => HttpResponse.json(listOf([first, second]))),
    http.get(url('/v1/calls/call_1'), () => HttpResponse.json(first)),
    http.get(url('/v1/calls/call_2'), () => HttpResponse.json(second)),
  );
};

describe('how a call ended', () => {
  it('names the other side of a call that we made', async () => {
    both();
    showApp('/calls', aSession());
    expect(await screen.findByText('The caller hung up')).toBeVisible();
    expect(screen.getByText('The other side hung up')).toBeVisible();
  });
});

describe('a look at a call beside the list', () => {
  it('opens with the space bar, follows the rows, and closes', async () => {
    both();
    const { user, router } = showApp('/calls', aSession());
    await screen.findByText('The caller hung up');
    await user.keyboard('j ');
    const look = await screen.findByRole('complementary', { name: 'The call beside the list' });
    expect(await within(look).findByText('The caller hung up')).toBeVisible();
    expect(router.state.location.search).toEqual({ peek: 'call_1' });
    await user.keyboard('j');
    await waitFor(() => expect(router.state.location.search).toEqual({ peek: 'call_2' }));
    expect(await screen.findByText('What was said')).toBeVisible();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByRole('complementary')).not.toBeInTheDocument());
  });
});

describe('views', () => {
  it('keep filters under a name, in this browser', async () => {
    const { user, router } = showApp('/calls?direction=outbound&reason=dial_busy', aSession());
    await user.click(await screen.findByRole('button', { name: 'Save this view' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(within(dialog).getByLabelText('Name')).toHaveAccessibleDescription(/This is needed/);
    await user.type(within(dialog).getByLabelText('Name'), 'Busy abroad{Enter}');
    const views = await screen.findByRole('navigation', { name: 'Saved views' });
    await user.click(within(views).getByRole('link', { name: 'All calls' }));
    await waitFor(() => expect(router.state.location.search).toEqual({}));
    await user.click(within(views).getByRole('link', { name: 'Busy abroad' }));
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ direction: 'outbound', reason: 'dial_busy' }),
    );
    expect(localStorage.getItem('phony.call_views.v1')).toContain('Busy abroad');
    await user.click(await screen.findByRole('button', { name: 'Forget the view Busy abroad' }));
    await waitFor(() => expect(screen.queryByRole('navigation', { name: 'Saved views' })).toBeNull());
  });
});

describe('the file of the list', () => {
  it('holds every page, and text that no spreadsheet runs', async () => {
    const cursors: (string | null)[] = [];
    server.use(
      http.get(url('/v1/calls'), ({ request }) => {
        const { searchParams } = new URL(request.url);
        if (searchParams.get('limit') !== '100') return HttpResponse.json(listOf([first]));
        cursors.push(searchParams.get('cursor'));
        expect(searchParams.get('direction')).toBe('inbound');
        return HttpResponse.json(
          cursors.length === 1
            ? { data: [first], has_more: true, next_cursor: 'next' }
            : listOf([aCall({ personality: { id: 'per_1', name: '=1+1', version: 1 } })]),
        );
      }),
    );
    let text = '';
    URL.createObjectURL = vi.fn((blob: Blob) => {
      void blob.text().then((read) => {
        text = read;
      });
      return 'blob:calls';
    });
    URL.revokeObjectURL = vi.fn();
    const { user } = showApp('/calls?direction=inbound', aSession());
    await user.click(await screen.findByRole('button', { name: 'Export as CSV' }));
    await waitFor(() => expect(text).not.toBe(''));
    const lines = text.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^id,call_sid,created_at/);
    expect(lines[2]).toContain(",'=1+1,");
    expect(cursors).toEqual([null, 'next']);
  });

  it('has a cell for everything that is known', () => {
    const [head = [], row = []] = rowsOf(columns, [first]);
    expect(row[head.indexOf('duration_ms')]).toBe('95000');
    expect(row[head.indexOf('cost')]).toBe('');
  });
});
