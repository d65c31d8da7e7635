import { screen } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aCall, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const ended = aCall({
  status: 'ended',
  state: null,
  ended_reason: 'silence_timeout',
  ended_by: 'platform',
  fault: 'none',
  duration_ms: 95_000,
  cost: { amount: '0.0787', currency: 'USD' },
  latency: { p50: 307, p95: 1_900 },
});

describe('the history', () => {
  it('shows outcome, length, reply time and cost, and goes on by pages', async () => {
    const cursors: (string | null)[] = [];
    server.use(
      http.get(url('/v1/calls'), ({ request }) => {
        const cursor = new URL(request.url).searchParams.get('cursor');
        cursors.push(cursor);
        return HttpResponse.json(
          cursor
            ? listOf([aCall({ ...ended, id: 'call_2', ended_reason: 'transferred' })])
            : { data: [ended], has_more: true, next_cursor: 'next' },
        );
      }),
    );
    const { user } = showApp('/calls', aSession());
    expect(await screen.findByText('Nobody said anything any more')).toBeVisible();
    expect(screen.getByText('01:35')).toBeVisible();
    expect(screen.getByText('1900 ms')).toBeVisible();
    expect(screen.getByText('$0.0787')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByText('Handed to somebody else')).toBeVisible();
    expect(cursors).toEqual([null, 'next']);
  });

  it('keeps its filter in the address and can clear it', async () => {
    const { user, router } = showApp('/calls?status=ended', aSession());
    expect(await screen.findByRole('heading', { name: 'Nothing matches' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
    expect(await screen.findByRole('heading', { name: 'No call yet' })).toBeVisible();
    expect(router.state.location.search).toEqual({});
  });
});

describe('a record', () => {
  it('tells how it ended, and what was said', async () => {
    server.use(
      http.get(url('/v1/calls/call_1'), () => HttpResponse.json(ended)),
      http.get(url('/v1/calls/call_1/items'), () =>
        HttpResponse.json(
          listOf([
            {
              id: 'i1',
              seq: 1,
              at: '2026-11-21T08:00:05.000Z',
              offset_ms: 0,
              kind: 'speech',
              speaker: 'caller',
              text: 'Hello there',
              complete: true,
              interrupted: false,
            },
          ]),
        ),
      ),
    );
    showApp('/calls/call_1', aSession());
    expect(await screen.findByText('Hello there')).toBeVisible();
    expect(screen.getByText('Nobody said anything any more')).toBeVisible();
    expect(screen.getByText('this service')).toBeVisible();
  });

  it('hides the words from a viewer without asking for them', async () => {
    server.use(http.get(url('/v1/calls/call_1'), () => HttpResponse.json(ended)));
    showApp('/calls/call_1', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText('The words of calls are not shown to your role.')).toBeVisible();
  });

  it('says so when there is none', async () => {
    server.use(http.get(url('/v1/calls/call_1'), () => problem(404, 'not_found')));
    showApp('/calls/call_1', aSession());
    expect(await screen.findByRole('heading', { name: 'There is no such thing here' })).toBeVisible();
  });
});
