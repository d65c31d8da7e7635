import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import type { Export, Usage } from '@/api/types';
import { aSession, listOf, viewerPermissions } from '@/test/data';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { byDay, periodOf } from './model';

const usage: Usage = {
  data: [
    { sku: 'twilio.relay_minute', unit: 'minute', quantity: 3, amount: '0.21' },
    { sku: 'openai.gpt-6-luna.text_out', unit: 'token', quantity: 26, amount: '0.0000156' },
  ],
  total: { amount: '0.2100156', currency: 'USD' },
  from: '2026-11-01T00:00:00Z',
  to: '2026-11-22T00:00:00Z',
};

const job: Export = {
  id: 'exp_1',
  dataset: 'usage',
  format: 'csv',
  from: usage.from,
  to: usage.to,
  status: 'queued',
  failure: null,
  row_count: null,
  size_bytes: null,
  sha256: null,
  created_at: '2026-11-21T09:00:00Z',
  ready_at: null,
  expires_at: null,
};

describe('usage', () => {
  it('is shown by kind with its total', async () => {
    server.use(http.get(url('/v1/usage'), () => HttpResponse.json(usage)));
    showApp('/billing', aSession());
    const table = await screen.findByRole('table', { name: 'Usage by kind' });
    expect(within(table).getByText('3 minutes')).toBeVisible();
    expect(within(table).getByText('< $0.0001')).toBeVisible();
    expect(screen.getByText('$0.21', { selector: 'p' })).toBeVisible();
  });

  it('offers no export to somebody who may not make one', async () => {
    server.use(http.get(url('/v1/usage'), () => HttpResponse.json(usage)));
    showApp('/billing', aSession({ role: 'viewer', permissions: viewerPermissions }));
    await screen.findByRole('table', { name: 'Usage by kind' });
    expect(screen.queryByRole('heading', { name: 'Exports' })).not.toBeInTheDocument();
  });
});

describe('an export', () => {
  it('is asked for, followed until it is ready, and fetched with the token', async () => {
    let jobs: Export[] = [];
    let token: string | null = null;
    server.use(
      http.get(url('/v1/usage'), () => HttpResponse.json(usage)),
      http.get(url('/v1/exports'), () => {
        const answer = listOf(jobs);
        jobs = jobs.map((each) => ({ ...each, status: 'ready', row_count: 2, size_bytes: 900 }));
        return HttpResponse.json(answer);
      }),
      http.post(url('/v1/exports'), () => {
        jobs = [job];
        return HttpResponse.json(job, { status: 202 });
      }),
      http.get(url('/v1/exports/exp_1/download'), ({ request }) => {
        token = request.headers.get('authorization');
        return HttpResponse.text('a,b\n1,2\n');
      }),
    );
    URL.createObjectURL = vi.fn(() => 'blob:export');
    URL.revokeObjectURL = vi.fn();
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    const { user } = showApp('/billing', aSession());
    await user.click(await screen.findByRole('button', { name: 'Export this period as CSV' }));
    expect(await screen.findByText('Queued')).toBeVisible();
    const fetchIt = await screen.findByRole('button', { name: /^Download the export/ }, { timeout: 3_000 });
    await user.click(fetchIt);
    await waitFor(() => expect(click).toHaveBeenCalled());
    expect(token).toBe('Bearer token-1');
  });
});

describe('a period', () => {
  const now = Date.parse('2026-11-21T09:00:00Z');

  it('holds whole days and today', () => {
    expect(periodOf('month', now)).toEqual({
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-22T00:00:00.000Z',
    });
    expect(periodOf('last', now)).toEqual({
      from: '2026-10-01T00:00:00.000Z',
      to: '2026-11-01T00:00:00.000Z',
    });
    expect(periodOf('week', now).from).toBe('2026-11-15T00:00:00.000Z');
  });

  it('shows the days without usage too', () => {
    const rows = [
      { sku: 'a', unit: 'minute', quantity: 1, amount: '0.1', day: '2026-11-16' },
      { sku: 'b', unit: 'token', quantity: 1, amount: '0.2', day: '2026-11-16' },
    ];
    const days = byDay(rows, '2026-11-15T00:00:00.000Z', '2026-11-18T00:00:00.000Z');
    expect(days.map(({ day }) => day)).toEqual(['2026-11-15', '2026-11-16', '2026-11-17']);
    expect(days[1]?.amount).toBeCloseTo(0.3);
  });
});
