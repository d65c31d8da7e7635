import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Recording } from '@/api/types';
import { aCall, aSession, listOf, problem, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';

const ended = aCall({ status: 'ended', state: null, ended_reason: 'caller_hangup', duration_ms: 95_000 });

function aRecording(change: Partial<Recording> = {}): Recording {
  return {
    id: 'rec_1',
    call_id: 'call_1',
    status: 'ready',
    started_by: 'policy',
    consent: 'announce',
    created_at: '2026-11-21T08:00:02.000Z',
    started_at: '2026-11-21T08:00:02.000Z',
    paused_at: null,
    ended_at: '2026-11-21T08:01:32.000Z',
    duration_seconds: 90,
    channels: 2,
    size_bytes: 2_880_044,
    content_type: 'audio/wav',
    ready_at: '2026-11-21T08:01:40.000Z',
    expires_at: '2027-02-19T08:01:40.000Z',
    failure: null,
    erased_at: null,
    erased_for: null,
    ...change,
  };
}

function holds(...all: Recording[]) {
  server.use(
    http.get(url('/v1/calls/call_1'), () => HttpResponse.json(ended)),
    http.get(url('/v1/calls/call_1/recordings'), () => HttpResponse.json(listOf(all))),
  );
}

describe('the recordings of a call', () => {
  it('are listed with what is known of each, and only what is ready is played', async () => {
    holds(
      aRecording(),
      aRecording({ id: 'rec_2', status: 'failed', failure: 'the carrier refused', size_bytes: null }),
      aRecording({ id: 'rec_3', status: 'processing', size_bytes: null, expires_at: null }),
    );
    showApp('/calls/call_1', aSession());
    const first = await screen.findByRole('article', { name: 'Recording 1' });
    expect(
      within(first).getByText(/ready · .*01:30 · 2\.7 MiB · begun by the number's setting/),
    ).toBeVisible();
    expect(within(first).getByRole('button', { name: 'Play' })).toBeVisible();
    expect(within(first).getByRole('slider', { name: 'Position in the recording' })).toBeVisible();
    const second = screen.getByRole('article', { name: 'Recording 2' });
    expect(within(second).getByText('The carrier refused.')).toBeVisible();
    expect(within(second).queryByRole('button', { name: 'Play' })).toBeNull();
    const third = screen.getByRole('article', { name: 'Recording 3' });
    expect(within(third).getByText(/the file is on its way/)).toBeVisible();
    expect(within(third).queryByRole('button', { name: 'Delete' })).toBeNull();
  });

  it('are deleted after a question, and stay in the list as deleted', async () => {
    let gone = false;
    holds(aRecording());
    server.use(
      http.get(url('/v1/calls/call_1/recordings'), () => {
        const erased = {
          status: 'deleted',
          size_bytes: null,
          erased_at: '2026-11-22T08:00:00.000Z',
          erased_for: 'request',
        };
        return HttpResponse.json(listOf([gone ? aRecording(erased) : aRecording()]));
      }),
      http.delete(url('/v1/calls/call_1/recordings/rec_1'), () => {
        gone = true;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = showApp('/calls/call_1', aSession());
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete this recording?' });
    await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
    expect(await screen.findByText(/^Deleted on /)).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(screen.queryByRole('button', { name: 'Play' })).toBeNull();
  });

  it('say that there are none, that they fail, and that a role may not hear them', async () => {
    holds();
    const { unmount } = showApp('/calls/call_1', aSession());
    expect(await screen.findByText('Nothing was recorded.')).toBeVisible();
    unmount();
    server.use(http.get(url('/v1/calls/call_1/recordings'), () => problem(400, 'odd')));
    const failing = showApp('/calls/call_1', aSession());
    expect(await screen.findByRole('alert')).toBeVisible();
    failing.unmount();
    showApp('/calls/call_1', aSession({ role: 'viewer', permissions: viewerPermissions }));
    expect(await screen.findByText('Recordings are not played to your role.')).toBeVisible();
  });
});
