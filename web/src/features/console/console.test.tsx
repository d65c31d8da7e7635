import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '@/live/wire';
import { aCall, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const line = (id: string, seq: number, body: object) =>
  ({ id, seq, at: '2026-11-21T08:00:05.000Z', offset_ms: 0, ...body }) as Item;

const items = [
  line('i1', 1, {
    kind: 'speech',
    speaker: 'caller',
    text: 'Is parking included?',
    complete: true,
    interrupted: false,
  }),
  line('i2', 2, {
    kind: 'speech',
    speaker: 'agent',
    text: 'Let me check on parking.',
    heard: 'Let me check',
    complete: true,
    interrupted: true,
  }),
];
const question = line('q1', 3, {
  kind: 'clarification',
  question: 'Is parking included?',
  expires_at: new Date(Date.now() + 30_000).toISOString(),
  expired: false,
});

let sent: Record<string, unknown>[];

beforeEach(() => {
  sent = [];
  // jsdom lays nothing out; the list of words needs a size to show rows.
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, value: 600 });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, value: 800 });
  server.use(
    http.get(url('/v1/calls/call_1'), () => HttpResponse.json(aCall())),
    http.get(url('/v1/calls/call_1/items'), () => HttpResponse.json(listOf(items))),
    http.post(url('/v1/calls/call_1/actions'), async ({ request }) => {
      const act = (await request.json()) as Record<string, unknown>;
      sent.push(act);
      return HttpResponse.json({ action_id: act.action_id, status: 'applied' });
    }),
  );
});

describe('the console without a live socket', () => {
  it('shows the talk, and strikes through what was not heard', async () => {
    showApp('/live/call_1', aSession());
    const talk = await screen.findByRole('region', { name: 'Transcript' });
    expect(await within(talk).findByText('Is parking included?')).toBeInTheDocument();
    const unheard = talk.querySelector('del');
    expect(unheard).toHaveTextContent('on parking.');
    expect(within(talk).getByText('cut off')).toBeInTheDocument();
  });

  it('tells what befell the engine in plain words, and which one speaks now', async () => {
    const warning = (id: string, seq: number, code: string, detail: string) =>
      line(id, seq, { kind: 'warning', code, detail });
    server.use(
      http.get(url('/v1/calls/call_1'), () => HttpResponse.json(aCall({ engine: 'realtime' }))),
      http.get(url('/v1/calls/call_1/items'), () =>
        HttpResponse.json(
          listOf([
            warning('w1', 1, 'session_renewed', 'the session was renewed'),
            warning('w2', 2, 'engine_reconnecting', 'lost: closed'),
            warning('w3', 3, 'engine_failed', 'closed'),
            warning('w4', 4, 'engine_switched', 'the call goes on with relay'),
            warning('w5', 5, 'something_new', 'something of a newer server'),
            line('i6', 6, {
              kind: 'speech',
              speaker: 'caller',
              text: '',
              complete: false,
              interrupted: false,
            }),
          ]),
        ),
      ),
    );
    showApp('/live/call_1', aSession());
    const talk = await screen.findByRole('region', { name: 'Transcript' });
    expect(await within(talk).findByText(/renewed before its time was up/)).toBeInTheDocument();
    expect(within(talk).getByText(/is being opened again, and the caller stays/)).toBeInTheDocument();
    expect(within(talk).getByText(/could no longer hear or speak/)).toBeInTheDocument();
    expect(within(talk).getByText(/The call goes on with Relay/)).toBeInTheDocument();
    expect(within(talk).getByText('something of a newer server')).toBeInTheDocument();
    expect(within(talk).getByText('is speaking')).toBeInTheDocument();
    // In the head and among the facts.
    expect(screen.getAllByText('Relay')).toHaveLength(2);
  });

  it('says how a transfer went once it is known', async () => {
    server.use(
      http.get(url('/v1/calls/call_1'), () =>
        HttpResponse.json(
          aCall({ status: 'ended', state: null, ended_reason: 'transferred', fault: 'none' }),
        ),
      ),
      http.get(url('/v1/calls/call_1/items'), () =>
        HttpResponse.json(
          listOf([line('t1', 1, { kind: 'transfer', to: '+14155550199', status: 'failed' })]),
        ),
      ),
    );
    showApp('/live/call_1', aSession());
    expect(await screen.findByText('Nobody took the transfer')).toBeInTheDocument();
    expect(screen.getByText('Nobody took the call at +1 415 555 0199')).toBeInTheDocument();
    expect(screen.getByText('not taken')).toBeInTheDocument();
  });

  it('says a sentence as it is, and shows that it was applied', async () => {
    const { user } = showApp('/live/call_1', aSession());
    await user.type(
      await screen.findByLabelText('Words to say to the caller'),
      'Free parking at the back.{Enter}',
    );
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      type: 'say',
      text: 'Free parking at the back.',
      mode: 'verbatim',
      when: 'now',
    });
    expect(await screen.findByText('applied')).toBeInTheDocument();
  });

  it('guides the agent after its turn', async () => {
    const { user } = showApp('/live/call_1', aSession());
    await user.click(await screen.findByLabelText('Guide'));
    await user.click(screen.getByLabelText('After this turn'));
    await user.type(screen.getByLabelText('Advice to the agent'), 'Offer a discount{Enter}');
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ mode: 'guidance', when: 'after_turn' });
  });

  it('shows a failed act with its reason, and tries it again', async () => {
    server.use(
      http.post(
        url('/v1/calls/call_1/actions'),
        () => problem(409, 'queue_full', { detail: 'too many sentences are waiting' }),
        { once: true },
      ),
    );
    const { user } = showApp('/live/call_1', aSession());
    await user.type(await screen.findByLabelText('Words to say to the caller'), 'Hello{Enter}');
    expect(await screen.findByText('too many sentences are waiting')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(sent).toHaveLength(1));
  });

  it('asks before it ends a call', async () => {
    const { user } = showApp('/live/call_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'End call' }));
    expect(sent).toHaveLength(0);
    const dialog = await screen.findByRole('dialog', { name: 'End this call?' });
    await user.type(within(dialog).getByLabelText(/Closing sentence/), 'Goodbye.');
    await user.click(within(dialog).getByRole('button', { name: 'End call' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ type: 'end', say: 'Goodbye.' });
  });

  it('answers a question of the agent in time', async () => {
    server.use(
      http.get(url('/v1/calls/call_1/items'), () => HttpResponse.json(listOf([...items, question]))),
    );
    const { user } = showApp('/live/call_1', aSession());
    const card = await screen.findByRole('region', { name: 'The agent asks' });
    expect(within(card).getByRole('timer')).toHaveTextContent(/00:\d\d left/);
    await user.type(within(card).getByLabelText('Your answer'), 'Yes, it is free{Enter}');
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ type: 'clarify', clarification_id: 'q1', answer: 'Yes, it is free' });
  });

  it('sends only keys that exist', async () => {
    const { user } = showApp('/live/call_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Keys' }));
    const dialog = await screen.findByRole('dialog', { name: 'Send keys' });
    await user.type(within(dialog).getByLabelText('Keys to send'), '12x');
    expect(within(dialog).getByRole('button', { name: 'Send keys' })).toBeDisabled();
  });

  it('lets a viewer watch without acts and without words', async () => {
    showApp('/live/call_1', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText(/watches calls and does not step in/)).toBeInTheDocument();
    expect(screen.getByText(/words of calls are not shown/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'End call' })).not.toBeInTheDocument();
  });

  it('says in plain words how a call ended', async () => {
    server.use(
      http.get(url('/v1/calls/call_1'), () =>
        HttpResponse.json(
          aCall({
            status: 'ended',
            state: null,
            ended_reason: 'engine_error',
            ended_by: 'platform',
            fault: 'engine',
          }),
        ),
      ),
    );
    showApp('/live/call_1', aSession());
    expect(await screen.findByText('The language model failed')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Open the record' })).toBeInTheDocument();
  });
});
