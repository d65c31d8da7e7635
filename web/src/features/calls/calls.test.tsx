import { screen, waitFor, within } from '@testing-library/react';
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

  it('asks the server for what the address says, and looks for digits once they are typed', async () => {
    const asked: URLSearchParams[] = [];
    server.use(
      http.get(url('/v1/calls'), ({ request }) => {
        asked.push(new URL(request.url).searchParams);
        return HttpResponse.json(listOf([ended]));
      }),
    );
    const { user, router } = showApp(
      '/calls?reason=dial_busy&number=num_1&engine=relay&channel=web&from=2026-11-20&to=2026-11-21&direction=sideways',
      aSession(),
    );
    await screen.findByText('01:35');
    expect(screen.getByRole('button', { name: 'More filters, 6 on' })).toHaveAttribute(
      'aria-expanded',
      'true',
    );
    const first = Object.fromEntries(asked[0] ?? []);
    expect(first).toMatchObject({
      ended_reason: 'dial_busy',
      number_id: 'num_1',
      engine: 'relay',
      channel: 'web',
    });
    expect(first).not.toHaveProperty('direction');
    const days = Date.parse(first['created_at[lt]'] ?? '') - Date.parse(first['created_at[gte]'] ?? '');
    expect(days).toBe(2 * 86_400_000);
    const piece = screen.getByLabelText('Digits of a number');
    await user.type(piece, 'front');
    expect(piece).toHaveAccessibleDescription('Two to fifteen digits of a number.');
    await user.clear(piece);
    await user.type(piece, '555 0134');
    await waitFor(() => expect(asked.at(-1)?.get('contains')).toBe('555 0134'));
    expect(router.state.location.search).toMatchObject({ q: '555 0134', reason: 'dial_busy' });
    await user.selectOptions(screen.getByLabelText('Status'), 'Ringing');
    await waitFor(() => expect(asked.at(-1)?.get('status')).toBe('ringing'));
  });

  it('says what failed', async () => {
    server.use(http.get(url('/v1/calls'), () => problem(500, 'internal')));
    showApp('/calls', aSession());
    expect(await screen.findByRole('alert')).toHaveTextContent('Request req_1');
  });
});

describe('a record', () => {
  it('shows the course, what answered, the cost line by line, and the notes', async () => {
    const outgoing = aCall({
      ...ended,
      direction: 'outbound',
      to: '+14155550188',
      from: '+14155550134',
      created_at: '2026-11-21T08:00:00.000Z',
      ringing_at: '2026-11-21T08:00:05.000Z',
      answered_at: '2026-11-21T08:00:10.000Z',
      ended_at: '2026-11-21T08:01:45.000Z',
      ended_reason: 'voicemail_left',
      machine: { kind: 'mailbox', at: '2026-11-21T08:00:13.000Z' },
      carrier_price: { amount: '0.0140', currency: 'USD' },
      metadata: { ticket: 'T-1' },
      settled: true,
    });
    server.use(
      http.get(url('/v1/calls/call_1'), () => HttpResponse.json(outgoing)),
      http.get(url('/v1/calls/call_1/items'), ({ request }) => {
        const page = new URL(request.url).searchParams.get('cursor') ? 2 : 1;
        const item = {
          id: `i${page}`,
          seq: page,
          at: `2026-11-21T08:00:${page}5.000Z`,
          offset_ms: page,
          kind: 'speech',
          speaker: page === 1 ? 'caller' : 'agent',
          text: `Words ${page}`,
          heard: `Words ${page}`,
          complete: true,
          interrupted: page === 2,
        };
        return HttpResponse.json({
          data:
            page === 1
              ? [item]
              : [item, { ...item, id: 't1', kind: 'transfer', to: '+14155550177', status: 'joined' }],
          has_more: page === 1,
          next_cursor: page === 1 ? 'two' : null,
        });
      }),
      http.get(url('/v1/calls/call_1/usage'), () =>
        HttpResponse.json({
          data: [{ sku: 'twilio.voice_minute.outbound', unit: 'minute', quantity: 2, amount: '0.028' }],
          total: { amount: '0.028', currency: 'USD' },
          settled: true,
        }),
      ),
    );
    showApp('/calls/call_1', aSession());
    expect(await screen.findByRole('heading', { level: 1, name: 'Call to +1 415 555 0188' })).toBeVisible();
    expect(await screen.findByText('Words 2'), 'the second page of the ledger').toBeVisible();
    const course = screen.getByRole('list', { name: 'Course of the call' });
    const lines = within(course)
      .getAllByRole('listitem')
      .map((line) => line.textContent?.replace(/\d\d:\d\d:\d\d$/, ''));
    expect(lines).toEqual([
      '−00:10Placed in the queue',
      '−00:05Rings',
      '00:00Answered',
      '00:03Answered by: a mailbox',
      '00:15The agent was interrupted',
      '00:15The caller talks with +1 415 555 0177',
      '01:35Ended',
    ]);
    const bill = screen.getByRole('table', { name: 'Cost of the call by kind' });
    expect(within(bill).getByRole('row', { name: /voice_minute.outbound.*2 minutes.*0.028/ })).toBeVisible();
    expect(screen.getByText('$0.014')).toBeVisible();
    expect(screen.getByText('T-1')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Ring again' })).toHaveAttribute(
      'href',
      '/dashboard/calls?place=true&ring=%2B14155550188',
    );
  });

  it('is called off while it waits, and its content deleted when it is over', async () => {
    const done: string[] = [];
    let call = aCall({ direction: 'outbound', status: 'queued', state: null });
    server.use(
      http.get(url('/v1/calls/call_1'), () => HttpResponse.json(call)),
      http.get(url('/v1/calls/call_1/items'), () => HttpResponse.json(listOf([]))),
      http.post(url('/v1/calls/call_1/cancel'), () => {
        done.push('cancelled');
        call = aCall({ ...ended, direction: 'outbound', ended_reason: 'canceled' });
        return HttpResponse.json(call);
      }),
      http.delete(url('/v1/calls/call_1'), () => {
        done.push('erased');
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/calls/call_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Cancel the call' }));
    let dialog = await screen.findByRole('dialog', { name: /^Cancel the call to/ });
    await user.click(within(dialog).getByRole('button', { name: 'Cancel the call' }));
    expect(await screen.findByText('Cancelled before the answer')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Delete the content' }));
    dialog = await screen.findByRole('dialog', { name: 'Delete what was said?' });
    await user.click(within(dialog).getByRole('button', { name: 'Delete the content' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(done).toEqual(['cancelled', 'erased']);
  });

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
