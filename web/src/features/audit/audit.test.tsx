import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { aKey, aSession, listOf } from '@/test/data';
import { aMember, anAuditEntry, detailOf } from '@/test/people';
import { showApp } from '@/test/render';
import { server, url } from '@/test/server';
import { fileOf, plainText, tellOf } from './model';
import { actWord, fieldName, tailOf, thingOf } from './words';

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
    expect(within(more).getByText('Role changed'), 'in words').toBeVisible();
    expect(within(more).getByText('member.role'), 'and as the API has it').toBeVisible();
    const change = within(more).getByRole('row', { name: /Role/ });
    expect(change).toHaveTextContent(/viewer.*admin/);
    await user.keyboard('{Escape}');
    await user.selectOptions(screen.getByLabelText('Kind'), 'People');
    await waitFor(() => expect(asked.at(-1)?.get('action')).toBe('member.'));
    await user.click(screen.getByRole('link', { name: 'Only acts to usr_2' }));
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

  it('calls people and keys by their names, and is filtered by them', async () => {
    const asked: URLSearchParams[] = [];
    const ids = { usr: `usr_${'0'.repeat(32)}`, ses: `ses_${'0'.repeat(26)}abc123` };
    server.use(
      verified,
      http.get(url('/v1/members'), () =>
        HttpResponse.json(listOf([aMember({ id: ids.usr, name: 'Ben Okafor' })])),
      ),
      http.get(url('/v1/api_keys'), () =>
        HttpResponse.json(listOf([aKey({ id: 'key_1', name: 'Booking system' })])),
      ),
      http.get(url('/v1/audit_log'), ({ request }) => {
        asked.push(new URL(request.url).searchParams);
        return HttpResponse.json(
          listOf([
            anAuditEntry({ seq: 9, target: ids.usr }),
            anAuditEntry({
              seq: 8,
              actor: 'key_1',
              actor_name: null,
              action: 'call.create',
              target: ids.ses,
            }),
            anAuditEntry({ seq: 7, actor: 'system', actor_name: null, action: 'something.new', target: '' }),
          ]),
        );
      }),
    );
    const { user } = showApp('/audit', aSession());
    expect(await screen.findByRole('link', { name: 'Only acts to Ben Okafor' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Only acts by Booking system' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Only acts to Session …abc123' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Only acts by This service' })).toBeVisible();
    expect(screen.getByText('Call placed')).toBeVisible();
    expect(screen.getByText('something.new'), 'what has no words yet').toBeVisible();
    await user.selectOptions(screen.getByLabelText('By whom'), 'API key: Booking system');
    await waitFor(() => expect(asked.at(-1)?.get('actor')).toBe('key_1'));
  });

  it('has words for acts, ids, fields and values', () => {
    expect(actWord('member.role')).toBe('member_role');
    expect(actWord('nothing.known')).toBeNull();
    expect([thingOf('outbound_policy:3'), thingOf('system'), thingOf('a b')]).toEqual([
      'policy',
      'service',
      null,
    ]);
    expect([tailOf('outbound_policy:3'), tailOf(`num_${'0'.repeat(26)}0135ef`)]).toEqual(['3', '…0135ef']);
    expect(fieldName('daily_calls')).toBe('Daily calls');
    const words = { yes: 'yes', no: 'no' };
    expect(plainText(['a', true, null], words)).toBe('a, yes, –');
    expect(plainText({ calling_hours: { from: '09:00' } }, words)).toBe('Calling hours: From: 09:00');
    expect(plainText('2026-11-21T08:00:00.000Z', words)).not.toContain('T08');
    expect(plainText('twenty past', words)).toBe('twenty past');
  });

  it('is fetched as a file with the same filters', () => {
    expect(fileOf({})).toBe('/v1/audit_log/export');
    expect(fileOf({ action: 'member.', from: '2026-11-20' })).toMatch(
      /\?action=member\.&at%5Bgte%5D=2026-11-/,
    );
  });
});
