import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { sessionStore } from '@/api/session';
import { aSession, viewerPermissions } from '@/test/data';
import { server, url } from '@/test/server';
import { RecordingControls } from './RecordingControls';

function signedIn(change: Parameters<typeof aSession>[0] = {}) {
  sessionStore.setState(
    { status: 'signed_in', session: aSession(change), expiresAt: Date.now() + 600_000 },
    true,
  );
}

describe('the controls of a recording', () => {
  it('order what fits where it stands, and say what was not done', async () => {
    signedIn();
    const ops: unknown[] = [];
    server.use(
      http.post(url('/v1/calls/call_1/actions'), async ({ request }) => {
        const body = (await request.json()) as { action_id: string; op: string };
        ops.push(body.op);
        const failed = body.op === 'stop';
        return HttpResponse.json({
          action_id: body.action_id,
          status: failed ? 'failed' : 'applied',
          ...(failed ? { code: 'carrier_refused', detail: 'the carrier refused' } : {}),
        });
      }),
    );
    const user = userEvent.setup();
    const view = render(<RecordingControls call="call_1" recording={null} />);
    await user.click(screen.getByRole('button', { name: 'Record' }));
    await expect.poll(() => ops).toEqual(['start']);
    view.rerender(<RecordingControls call="call_1" recording="recording" />);
    await user.click(await screen.findByRole('button', { name: 'Pause recording' }));
    await expect.poll(() => ops).toEqual(['start', 'pause']);
    view.rerender(<RecordingControls call="call_1" recording="paused" />);
    expect(screen.getByText('Recording paused')).toBeVisible();
    await user.click(await screen.findByRole('button', { name: 'Resume recording' }));
    await expect.poll(() => ops).toEqual(['start', 'pause', 'resume']);
    await user.click(await screen.findByRole('button', { name: 'Stop recording' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Not done: the carrier refused');
  });

  it('show a viewer where it stands, and no more', () => {
    signedIn({ role: 'viewer', permissions: viewerPermissions });
    render(<RecordingControls call="call_1" recording="recording" />);
    expect(screen.getByRole('status')).toHaveTextContent('Recording');
    expect(screen.getByRole('button', { name: 'Stop recording' })).toBeDisabled();
  });
});
