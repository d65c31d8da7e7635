import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aSession, aTenant, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

describe('the outbound policy', () => {
  it('sends what changed, shows faults at their fields, and becomes a new version', async () => {
    const sent: unknown[] = [];
    server.use(
      http.patch(url('/v1/tenant'), async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1
          ? problem(422, 'validation_failed', {
              errors: [
                {
                  param: 'outbound_policy.denied_prefixes',
                  code: 'not_a_prefix',
                  detail: 'must begin with +',
                },
              ],
            })
          : HttpResponse.json(aTenant({ version: 1, countries: ['DE', 'US'], daily_calls: 200 }));
      }),
    );
    const { user } = showApp('/settings/policies', aSession());
    expect(await screen.findByText("The product's own policy")).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Another country'), 'Germany');
    await user.click(screen.getByRole('button', { name: 'Add' }));
    await user.type(screen.getByLabelText(/Never numbers that begin with/), '1900');
    const calls = screen.getByLabelText('Calls');
    await user.clear(calls);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(calls).toHaveAccessibleDescription('A whole number.');
    expect(sent).toEqual([]);
    await user.type(calls, '200');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    const prefixes = screen.getByLabelText(/Never numbers that begin with/);
    await waitFor(() => expect(prefixes).toHaveAccessibleDescription(/Must begin with \+/));
    await user.clear(prefixes);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Version 1')).toBeVisible();
    expect(sent[1]).toEqual({ outbound_policy: { countries: ['DE', 'US'], daily_calls: 200 } });
    const chosen = screen.getByRole('list', { name: 'Countries' });
    expect(within(chosen).getAllByRole('listitem')).toHaveLength(2);
  });

  it('is read by a viewer, who can change nothing', async () => {
    showApp('/settings/policies', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText('An admin can change this policy.')).toBeVisible();
    expect(screen.getByLabelText('Calls')).toBeDisabled();
    expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Add the number' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /^Without/ })).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Another country')).not.toBeInTheDocument();
  });

  it('says what failed', async () => {
    server.use(http.get(url('/v1/tenant'), () => problem(500, 'internal')));
    showApp('/settings/policies', aSession());
    expect(await screen.findByRole('alert')).toHaveTextContent('Request req_1');
  });
});

describe('numbers that are not to be rung', () => {
  it('are put on the list with a reason and taken off', async () => {
    const one = {
      id: 'dnc_1',
      masked: '+1415•••••99',
      reason: 'asked us',
      added_at: '2026-11-21T08:00:00.000Z',
    };
    let listed: (typeof one)[] = [];
    const sent: unknown[] = [];
    server.use(
      http.get(url('/v1/do_not_call'), () => HttpResponse.json(listOf(listed))),
      http.post(url('/v1/do_not_call'), async ({ request }) => {
        sent.push(await request.json());
        if (sent.length === 1) {
          return problem(422, 'validation_failed', {
            errors: [{ param: 'e164', code: 'not_a_number', detail: 'is not a phone number' }],
          });
        }
        listed = [one];
        return HttpResponse.json(one, { status: 201 });
      }),
      http.delete(url('/v1/do_not_call/dnc_1'), () => {
        listed = [];
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/settings/policies', aSession());
    expect(await screen.findByText('No number is on the list.')).toBeVisible();
    const number = screen.getByLabelText('Number');
    await user.type(number, 'ada');
    await user.click(screen.getByRole('button', { name: 'Add the number' }));
    await waitFor(() => expect(number).toHaveAccessibleDescription('Is not a phone number'));
    await user.clear(number);
    await user.type(number, '415 555 0199');
    await user.type(screen.getByLabelText(/Reason/), 'asked us');
    await user.click(screen.getByRole('button', { name: 'Add the number' }));
    expect(await screen.findByRole('row', { name: /\+1415•••••99 asked us/ })).toBeVisible();
    expect(sent[1]).toEqual({ e164: '415 555 0199', reason: 'asked us' });
    await user.click(screen.getByRole('button', { name: 'Take off +1415•••••99' }));
    expect(await screen.findByText('No number is on the list.')).toBeVisible();
  });
});
