import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import {
  aCapability,
  aNumber,
  aPersonality,
  aSession,
  listOf,
  problem,
  viewerPermissions,
} from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { confirms } from './model';

const onSale = {
  e164: '+14155550177',
  locality: 'Oakland',
  region: 'CA',
  country: 'US',
  capabilities: { voice: true, sms: true, mms: false },
  monthly_price: { amount: '1.15', currency: 'USD' },
};

describe('numbers', () => {
  it('says what belongs here when there is none', async () => {
    showApp('/numbers', aSession());
    expect(await screen.findByRole('heading', { level: 2, name: 'No number yet' })).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'Buy a number' }).length).toBeGreaterThan(0);
  });

  it('says what failed, and loads when tried again', async () => {
    let fails = true;
    server.use(
      http.get(url('/v1/numbers'), () =>
        fails ? problem(500, 'internal') : HttpResponse.json(listOf([aNumber()])),
      ),
    );
    const { user } = showApp('/numbers', aSession());
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Request req_1');
    fails = false;
    await user.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('+1 415 555 0134')).toBeVisible();
  });

  it('offers a viewer nothing to buy or change', async () => {
    server.use(http.get(url('/v1/numbers'), () => HttpResponse.json(listOf([aNumber()]))));
    showApp('/numbers', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText('+1 415 555 0134')).toBeVisible();
    expect(screen.queryByRole('button', { name: /Buy|Import|Release/ })).not.toBeInTheDocument();
  });

  it('searches, shows the price of a month and a year, and buys once under one key', async () => {
    const keys: (string | null)[] = [];
    const bodies: unknown[] = [];
    let owned: ReturnType<typeof aNumber>[] = [];
    server.use(
      http.get(url('/v1/numbers/available'), () => HttpResponse.json(listOf([onSale]))),
      http.get(url('/v1/numbers'), () => HttpResponse.json(listOf(owned))),
      http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([aPersonality()]))),
      http.post(url('/v1/numbers'), async ({ request }) => {
        keys.push(request.headers.get('idempotency-key'));
        bodies.push(await request.json());
        if (keys.length === 1) return problem(503, 'unavailable', { retryable: true });
        owned = [aNumber({ e164: onSale.e164 })];
        return HttpResponse.json(owned[0], { status: 201 });
      }),
    );
    const { user } = showApp('/numbers?buy=true', aSession());
    await user.click(await screen.findByRole('button', { name: 'Choose +1 415 555 0177' }));
    const dialog = screen.getByRole('dialog', { name: 'Buy +1 415 555 0177' });
    expect(dialog).toHaveTextContent('$1.15 a month from now on, $13.80 in a year');
    await user.type(within(dialog).getByLabelText(/Label/), 'Reception');
    await user.click(within(dialog).getByRole('button', { name: 'Buy this number' }));
    await within(dialog).findByRole('alert');
    await user.click(within(dialog).getByRole('button', { name: 'Buy this number' }));
    expect(await screen.findByText(/\+1 415 555 0177 is yours/)).toBeVisible();
    expect(keys[0]).toBeTruthy();
    expect(keys[1]).toBe(keys[0]);
    expect(bodies[0]).toEqual({ e164: '+14155550177', label: 'Reception', engine: 'relay' });
  });

  it('says what each engine does, costs and cannot do before it is saved', async () => {
    const sent: unknown[] = [];
    const retiring = {
      param: 'realtime.model',
      code: 'model_retiring',
      detail: 'gpt-realtime will not be served by its provider from 2027-01-20 on; choose another before',
    };
    const personality = aPersonality({
      capabilities: [
        aCapability({ engine: 'realtime', voice: 'alloy', notes: [retiring] }),
        aCapability({ engine: 'relay' }),
        aCapability({ engine: 'gather', available: false }),
      ],
    });
    server.use(
      http.get(url('/v1/numbers'), () => HttpResponse.json(listOf([aNumber()]))),
      http.get(url('/v1/numbers/num_1'), () => HttpResponse.json(aNumber())),
      http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([personality]))),
      http.patch(url('/v1/numbers/num_1'), async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1
          ? problem(422, 'validation_failed', {
              errors: [{ param: 'overflow_e164', code: 'not_a_number', detail: 'is not a phone number' }],
            })
          : HttpResponse.json(aNumber({ engine: 'realtime' }));
      }),
    );
    const { user, router } = showApp('/numbers', aSession());
    await user.click(await screen.findByRole('link', { name: 'Set up +1 415 555 0134' }));
    await screen.findByRole('heading', { level: 1, name: '+1 415 555 0134' });
    expect(router.state.location.pathname).toBe('/numbers/num_1');
    const dialog = screen.getByRole('main');
    const realtime = within(dialog).getByRole('radio', { name: 'Realtime' });
    await waitFor(() =>
      expect(realtime).toHaveAccessibleDescription(
        /speaks by itself.*\$0.0085 a minute for the line.*\$0.02 a minute of the caller and \$0.08 a minute of the agent/,
      ),
    );
    expect(within(dialog).getByRole('radio', { name: 'Relay' })).toHaveAccessibleDescription(
      /\$0.07 for hearing/,
    );
    expect(within(dialog).getByRole('radio', { name: 'Gather' })).toBeDisabled();
    expect(within(dialog).getByText(/The caller hears Kore \(Google\)/)).toBeVisible();
    await user.click(realtime);
    const report = within(dialog).getByRole('region', { name: 'What Realtime makes of it' });
    expect(report).toHaveTextContent(
      'Attention: gpt-realtime will not be served by its provider from 2027-01-20',
    );
    expect(within(dialog).getByRole('link', { name: 'Change this in Professional Assistant' })).toBeVisible();
    const overflow = within(dialog).getByLabelText(/Overflow number/);
    await user.type(overflow, '0190');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(overflow).toHaveAccessibleDescription(/Is not a phone number/));
    await user.clear(overflow);
    await user.type(overflow, '+1 415 555 0199');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(await screen.findByText(/Saved. Calls from now on go by it/)).toBeVisible();
    expect(sent[1]).toEqual({ engine: 'realtime', overflow_e164: '+1 415 555 0199' });
  });

  it('says on the list what needs attention, and where callers overflow to', async () => {
    const capability = aCapability({
      notes: [{ param: 'language', code: 'language_unsupported', detail: 'the carrier has no voice for eo' }],
    });
    const number = aNumber({ capability, overflow_e164: '+14155550199' });
    server.use(http.get(url('/v1/numbers'), () => HttpResponse.json(listOf([number]))));
    showApp('/numbers', aSession({ role: 'viewer', permissions: viewerPermissions }));
    const row = await screen.findByRole('row', { name: /Front desk/ });
    expect(row).toHaveTextContent('the carrier has no voice for eo');
    expect(row).toHaveTextContent('overflow to +1 415 555 0199');
  });

  it('releases a number only after it was typed', async () => {
    let released = false;
    server.use(
      http.get(url('/v1/numbers'), () => HttpResponse.json(listOf(released ? [] : [aNumber()]))),
      http.delete(url('/v1/numbers/num_1'), () => {
        released = true;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/numbers', aSession());
    await user.click(await screen.findByRole('button', { name: 'Release +1 415 555 0134' }));
    const dialog = await screen.findByRole('dialog');
    const field = within(dialog).getByLabelText('Type the number to confirm');
    await user.type(field, '+1 415 555 0000');
    await user.click(within(dialog).getByRole('button', { name: 'Release the number' }));
    expect(field).toHaveAccessibleDescription(/This is not \+1 415 555 0134/);
    expect(released).toBe(false);
    await user.clear(field);
    await user.type(field, '415 555 0134');
    await user.click(within(dialog).getByRole('button', { name: 'Release the number' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(released).toBe(true);
  });
});

describe('typing a number to confirm', () => {
  it('takes common ways of writing and no others', () => {
    expect(confirms('+1 (415) 555-0134', '+14155550134')).toBe(true);
    expect(confirms('4155550134', '+14155550134')).toBe(true);
    expect(confirms('5550134', '+14155550134')).toBe(false);
    expect(confirms('', '+14155550134')).toBe(false);
    expect(confirms('98765 43210', '+919876543210')).toBe(false);
  });
});
