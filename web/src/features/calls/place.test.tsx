import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import {
  aCall,
  aNumber,
  aPersonality,
  aPool,
  aSession,
  listOf,
  problem,
  viewerPermissions,
} from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { placesOf } from './order';

const clerk = aPersonality({ greeting: 'Hello {{name}}.', system_prompt: 'The order is {{ order-id }}.' });

function serve(answers: Response[]) {
  const sent: { key: string | null; body: unknown }[] = [];
  server.use(
    http.get(url('/v1/numbers'), () => HttpResponse.json(listOf([aNumber()]))),
    http.get(url('/v1/number_pools'), () => HttpResponse.json(listOf([aPool()]))),
    http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([clerk]))),
    http.get(url('/v1/calls/:id'), () => HttpResponse.json(outgoing)),
    http.get(url('/v1/calls/:id/items'), () => HttpResponse.json(listOf([]))),
    http.post(url('/v1/calls'), async ({ request }) => {
      sent.push({ key: request.headers.get('idempotency-key'), body: await request.json() });
      return answers.shift() ?? HttpResponse.json(outgoing, { status: 201 });
    }),
  );
  return sent;
}

const outgoing = aCall({
  id: 'call_7',
  direction: 'outbound',
  status: 'queued',
  state: null,
  from: '+14155550134',
  to: '+14155550188',
});

async function openDialog(path = '/calls?place=true') {
  const { user, router } = showApp(path, aSession());
  const dialog = await screen.findByRole('dialog', { name: 'Place a call' });
  await within(dialog).findByRole('option', { name: /Front desk/ });
  return { user, router, dialog };
}

describe('placing a call', () => {
  it('asks for what the agent needs, tells machines, and goes to the console', async () => {
    const sent = serve([]);
    const { user, router, dialog } = await openDialog();
    await user.type(within(dialog).getByLabelText('Number to ring'), '415 555 0188');
    await user.type(await within(dialog).findByLabelText('Value of name'), 'Ada');
    await user.type(within(dialog).getByLabelText('Value of order-id'), '42');
    await user.selectOptions(within(dialog).getByLabelText('From'), 'West coast');
    await user.click(within(dialog).getByText('Timeout, recording, machines, notes'));
    await user.click(within(dialog).getByLabelText('Record the call'));
    await user.click(within(dialog).getByLabelText('Find out who or what answers'));
    await user.selectOptions(within(dialog).getByLabelText('When a mailbox answers'), 'Leave a message');
    await user.type(within(dialog).getByLabelText('The message'), 'Please ring back.');
    await user.selectOptions(within(dialog).getByLabelText('When a menu answers'), 'Press keys');
    await user.type(within(dialog).getByLabelText('Keys to press'), 'ww1');
    await user.click(within(dialog).getByRole('button', { name: 'Add a note' }));
    await user.type(within(dialog).getAllByLabelText('Name').at(-1) as HTMLElement, 'ticket');
    await user.type(within(dialog).getByLabelText('Value of ticket'), 'T-1');
    await user.click(within(dialog).getByRole('button', { name: 'Ring now' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/live/call_7'));
    expect(sent[0]?.key).toBeTruthy();
    expect(sent[0]?.body).toEqual({
      to: '415 555 0188',
      pool_id: 'pool_1',
      answer_timeout_seconds: 30,
      record: true,
      purpose: 'transactional',
      machine_detection: {
        mailbox: { action: 'leave_message', text: 'Please ring back.' },
        menu: { action: 'press', digits: 'ww1' },
        screening: { action: 'carry_on' },
        unsure: { action: 'carry_on' },
      },
      variables: { name: 'Ada', 'order-id': '42' },
      metadata: { ticket: 'T-1' },
    });
  });

  it('shows every fault at its field, also in the part that was closed', async () => {
    const errors = [
      { param: 'to', code: 'too_short', detail: 'is too short' },
      { param: 'from', code: 'not_yours', detail: 'is not a number of yours' },
      { param: 'variables.name', code: 'missing', detail: 'is needed by the personality' },
      { param: 'answer_timeout_seconds', code: 'out_of_range', detail: 'must be from 5 to 600' },
    ];
    serve([problem(422, 'validation_failed', { errors })]);
    const { user, dialog } = await openDialog();
    await user.click(within(dialog).getByRole('button', { name: 'Ring now' }));
    await waitFor(() =>
      expect(within(dialog).getByLabelText('Number to ring')).toHaveAccessibleDescription(/Is too short/),
    );
    expect(within(dialog).getByLabelText('Number to ring')).toHaveFocus();
    expect(within(dialog).getByLabelText('From')).toHaveAccessibleDescription('Is not a number of yours');
    expect(within(dialog).getByLabelText('Value of name')).toHaveAccessibleDescription(
      'Is needed by the personality',
    );
    expect(within(dialog).getByLabelText('Rings for at most, in seconds')).toHaveAccessibleDescription(
      'Must be from 5 to 600',
    );
  });

  it('explains a destination that the policy refuses, and keeps the key of a try that may be repeated', async () => {
    const sent = serve([
      problem(503, 'unavailable', { retryable: true }),
      problem(403, 'blocked_destination', { detail: 'numbers of Jamaica are not rung by your policy' }),
    ]);
    const { user, dialog } = await openDialog('/calls?place=true&ring=%2B18765550100');
    const to = within(dialog).getByLabelText('Number to ring');
    expect(to).toHaveValue('+18765550100');
    await user.click(within(dialog).getByRole('button', { name: 'Ring now' }));
    await within(dialog).findByRole('alert');
    await user.click(within(dialog).getByRole('button', { name: 'Ring now' }));
    await waitFor(() => expect(to).toHaveAccessibleDescription(/Numbers of Jamaica are not rung/));
    expect(within(dialog).getByRole('link', { name: 'See the policy' })).toBeVisible();
    expect(sent[1]?.key).toBe(sent[0]?.key);
  });

  it('cannot begin without a number, and is not offered to a viewer', async () => {
    showApp('/calls?place=true', aSession());
    const dialog = await screen.findByRole('dialog', { name: 'Place a call' });
    expect(await within(dialog).findByRole('link', { name: 'Go to the numbers' })).toBeVisible();
    expect(within(dialog).getByRole('button', { name: 'Ring now' })).toBeDisabled();
  });

  it('is not offered to a viewer', async () => {
    showApp('/calls?place=true', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByRole('heading', { name: 'No call yet' })).toBeVisible();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Place a call' })).not.toBeInTheDocument();
  });
});

describe('the places of an agent', () => {
  it('are those of what it says first and of what it is told', () => {
    expect(placesOf([clerk], '')).toEqual(['name', 'order-id']);
    expect(placesOf([clerk], 'Hi {{x}} and {{x}}, {{not this}}')).toEqual(['x', 'order-id']);
    expect(placesOf([], '')).toEqual([]);
  });
});
