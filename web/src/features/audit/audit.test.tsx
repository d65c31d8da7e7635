import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aSession, listOf } from '@/test/data';
import { anAuditEntry, detailOf } from '@/test/people';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { fileOf, tellOf } from './model';

const check = {
  intact: true,
  broken: null,
  entries: 8,
  first_seq: 0,
  last_seq: 7,
  whole: true,
  heads: 1,
  signed_seq: 7,
  signed_at: '2026-11-21T08:00:00.000Z',
};
const verified = http.get(url('/v1/audit_log/verify'), () => HttpResponse.json(check));

describe('the audit log', () => {
  it('says who did what, from where, and how it was before', async () => {
    const asked: URLSearchParams[] = [];
    server.use(
      verified,
      http.get(url('/v1/audit_log'), ({ request }) => {
        asked.push(new URL(request.url).searchParams);
        return HttpResponse.json(listOf([anAuditEntry()]));
      }),
    );
    const { user, router } = showApp('/audit', aSession());
    expect(await screen.findByText('Chain verified')).toBeVisible();
    expect(await screen.findByText('203.0.113.9')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'More of act 7' }));
    const more = await screen.findByRole('dialog', { name: 'Act 7' });
    const change = within(more).getByRole('row', { name: /role/ });
    expect(change).toHaveTextContent(/viewer.*admin/);
    await user.keyboard('{Escape}');
    await user.selectOptions(screen.getByLabelText('Kind'), 'People');
    await waitFor(() => expect(asked.at(-1)?.get('action')).toBe('member.'));
    await user.click(screen.getByRole('link', { name: 'usr_2' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ target: 'usr_2' }));
  });

  it('tells where the chain is broken', async () => {
    server.use(
      http.get(url('/v1/audit_log/verify'), () =>
        HttpResponse.json({ ...check, intact: false, broken: { seq: 3, fault: 'missing' } }),
      ),
    );
    showApp('/audit?action=plan.', aSession());
    expect(await screen.findByText('The chain is broken')).toBeVisible();
    expect(screen.getByText('At act 3: it is not there, and later ones are.')).toBeVisible();
    expect(await screen.findByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  });

  it('reads what an entry holds, whatever its form', () => {
    expect(tellOf({ detail: detailOf({ before: { a: 1, b: 2 }, after: { a: 1, b: 3 } }) }).changes).toEqual([
      { name: 'b', before: 2, after: 3 },
    ]);
    expect(tellOf({ detail: detailOf({ before: 'x', after: 'y', why: 'z' }) })).toEqual({
      changes: [{ name: '', before: 'x', after: 'y' }],
      facts: [['why', 'z']],
    });
    expect(tellOf({ detail: detailOf({ from: 'viewer', to: 'admin', why: null }) })).toEqual({
      changes: [{ name: '', before: 'viewer', after: 'admin' }],
      facts: [],
    });
    expect(tellOf({ detail: {} })).toEqual({ changes: [], facts: [] });
  });

  it('is fetched as a file with the same filters', () => {
    expect(fileOf({})).toBe('/v1/audit_log/export');
    expect(fileOf({ action: 'member.', from: '2026-11-20' })).toMatch(
      /\?action=member\.&at%5Bgte%5D=2026-11-/,
    );
  });
});
