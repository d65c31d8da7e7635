import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { PhoneNumber } from '@/api/types';
import { aNumber, aPersonality, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const night = aPersonality({ id: 'per_2', name: 'Night porter', preset: null });
const viewer = aSession({ role: 'viewer', permissions: viewerPermissions });

function serve(number: PhoneNumber, patch: (body: unknown) => Response | Promise<Response>) {
  server.use(
    http.get(url('/v1/numbers/num_1'), () => HttpResponse.json(number)),
    http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([aPersonality(), night]))),
    http.patch(url('/v1/numbers/num_1'), async ({ request }) => patch(await request.json())),
  );
}

describe('the page of a number', () => {
  it('sets callers, hours with exceptions, other times, recording and the fallback, and sends what changed', async () => {
    const sent: unknown[] = [];
    serve(aNumber(), (body) => {
      sent.push(body);
      return HttpResponse.json(aNumber());
    });
    const { user } = showApp('/numbers/num_1', aSession());
    await user.click(await screen.findByRole('radio', { name: 'Premium contacts' }));
    await user.type(screen.getByLabelText(/Contacts on the standard plan hear/), 'Please upgrade.');
    await user.click(screen.getByRole('radio', { name: 'Set times' }));
    const zone = screen.getByLabelText('Time zone');
    await user.clear(zone);
    await user.type(zone, 'Europe/Berlin');
    await user.click(screen.getByRole('button', { name: 'Take away Friday from 09:00' }));
    await user.click(screen.getByRole('button', { name: 'Add a day' }));
    await user.type(screen.getByLabelText('Date'), '2026-12-24');
    await user.type(screen.getByLabelText('What day it is'), 'Christmas Eve');
    await user.click(screen.getByRole('button', { name: 'Add times on Christmas Eve' }));
    await user.selectOptions(
      screen.getByLabelText('At other times, callers'),
      'are answered by another personality',
    );
    await user.selectOptions(screen.getAllByLabelText('Answered by')[1] as HTMLElement, 'Night porter');
    await user.selectOptions(screen.getByLabelText('Calls are recorded'), 'always');
    await user.selectOptions(screen.getByLabelText('Callers are'), 'asked');
    await user.type(screen.getByLabelText(/Fallback number/), '+1 415 555 0177');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText(/Saved/)).toBeVisible();
    const office = [{ from: '09:00', to: '17:00' }];
    expect(sent).toEqual([
      {
        caller_policy: 'premium_contacts',
        not_premium_message: 'Please upgrade.',
        hours: {
          time_zone: 'Europe/Berlin',
          weekly: { mon: office, tue: office, wed: office, thu: office, fri: [], sat: [], sun: [] },
          exceptions: [{ date: '2026-12-24', label: 'Christmas Eve', intervals: office }],
        },
        after_hours: { action: 'personality', message: '', personality_id: 'per_2', forward_e164: null },
        recording: { mode: 'always', consent: 'ask', notice: '' },
        fallback_e164: '+1 415 555 0177',
      },
    ]);
  });

  it('shows what is wrong at its place', async () => {
    const day = [{ from: '09:00', to: '12:00' }];
    const weekly = { mon: day, tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] };
    serve(aNumber({ hours: { time_zone: 'Mars/Olympus', weekly, exceptions: [] } }), () =>
      problem(422, 'validation_failed', {
        errors: [
          { param: 'hours.time_zone', code: 'unknown_time_zone', detail: 'is not the name of a time zone' },
          { param: 'hours.weekly.mon[0]', code: 'overlap', detail: 'lies within another time' },
          { param: 'fallback_e164', code: 'not_a_number', detail: 'is not a phone number' },
        ],
      }),
    );
    const { user } = showApp('/numbers/num_1', aSession());
    await user.type(await screen.findByLabelText(/Label/), '!');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('3 fields need attention')).toBeVisible();
    expect(screen.getByLabelText('Time zone')).toHaveAccessibleDescription(/not the name of a time zone/);
    expect(screen.getByLabelText('Monday from')).toHaveAccessibleDescription(/lies within another time/i);
    expect(screen.getByLabelText(/Fallback number/)).toBeInvalid();
  });

  it('says what was changed at the carrier, and repairs it', async () => {
    let number = aNumber({
      webhooks: {
        status: 'drifted',
        drift: [{ field: 'voice_url', expected: 'https://phony.test/twilio/voice', found: '' }],
        checked_at: '2026-11-21T07:00:00.000Z',
      },
    });
    server.use(
      http.get(url('/v1/numbers/num_1'), () => HttpResponse.json(number)),
      http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([aPersonality()]))),
      http.post(url('/v1/numbers/num_1/sync'), () => {
        number = aNumber();
        return HttpResponse.json(number);
      }),
    );
    const { user } = showApp('/numbers/num_1', aSession());
    expect(await screen.findByText(/is nothing, should be https:\/\/phony.test/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Repair' }));
    expect(await screen.findByText('All is as it should be.')).toBeVisible();
    expect(screen.queryByText(/should be https/)).not.toBeInTheDocument();
  });

  it('is read by a viewer, who can set nothing', async () => {
    const day = [{ from: '22:00', to: '24:00' }];
    const weekly = { mon: [], tue: [], wed: [], thu: [], fri: day, sat: [], sun: [] };
    server.use(
      http.get(url('/v1/numbers/num_1'), () =>
        HttpResponse.json(aNumber({ hours: { time_zone: 'Europe/Berlin', weekly, exceptions: [] } })),
      ),
    );
    showApp('/numbers/num_1', viewer);
    expect(await screen.findByText('22:00–00:00')).toBeVisible();
    expect(screen.queryByRole('button', { name: /Save|Repair|Check|Release/ })).not.toBeInTheDocument();
  });

  it('says so when there is none', async () => {
    server.use(http.get(url('/v1/numbers/num_9'), () => problem(404, 'not_found')));
    showApp('/numbers/num_9', aSession());
    expect(await screen.findByRole('heading', { name: 'There is no such thing here' })).toBeVisible();
  });
});

describe('taking over a number', () => {
  it('takes the number itself or the id of the carrier', async () => {
    const sent: unknown[] = [];
    server.use(
      http.get(url('/v1/personalities'), () => HttpResponse.json(listOf([aPersonality()]))),
      http.post(url('/v1/numbers/import'), async ({ request }) => {
        sent.push(await request.json());
        return sent.length === 1
          ? problem(422, 'validation_failed', {
              errors: [{ param: 'e164', code: 'not_yours', detail: 'is not held by your account' }],
            })
          : HttpResponse.json(aNumber(), { status: 201 });
      }),
    );
    const { user } = showApp('/numbers?import=true', aSession());
    const dialog = await screen.findByRole('dialog', { name: 'Import a number of yours' });
    const field = within(dialog).getByLabelText('Number');
    await user.type(field, '+1 415 555 0134');
    await user.click(within(dialog).getByRole('button', { name: 'Import the number' }));
    await waitFor(() => expect(field).toHaveAccessibleDescription(/not held by your account/));
    await user.clear(field);
    await user.type(field, 'PN0123');
    await user.click(within(dialog).getByRole('button', { name: 'Import the number' }));
    expect(await screen.findByText(/\+1 415 555 0134 is yours/)).toBeVisible();
    expect(sent).toEqual([
      { e164: '+1 415 555 0134', engine: 'relay' },
      { sid: 'PN0123', engine: 'relay' },
    ]);
  });
});
