// People and their acts for tests.
import type { AuditEntry, Invitation, Member } from '@/api/types';

export function aMember(change: Partial<Member> = {}): Member {
  return {
    id: 'usr_1',
    name: 'Ana Ortiz',
    email: 'ana@example.com',
    email_verified: true,
    role: 'admin',
    created_at: '2026-11-01T08:00:00.000Z',
    last_seen_at: '2026-11-21T08:00:00.000Z',
    ...change,
  };
}

export function anInvitation(change: Partial<Invitation> = {}): Invitation {
  return {
    id: 'inv_1',
    email: 'ben@example.com',
    role: 'supervisor',
    invited_by: 'Ana Ortiz',
    created_at: '2026-11-20T08:00:00.000Z',
    sent_at: '2026-11-20T08:00:00.000Z',
    expires_at: '2026-11-27T08:00:00.000Z',
    expired: false,
    ...change,
  };
}

export function anAuditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    seq: 7,
    at: '2026-11-21T08:00:00.000Z',
    actor: 'usr_1',
    actor_name: 'Ana Ortiz',
    action: 'member.role',
    target: 'usr_2',
    detail: detailOf({ before: { role: 'viewer' }, after: { role: 'admin' }, address: '203.0.113.9' }),
    hash: 'ab12',
    ...change,
  };
}

/** What an entry holds is any object; the generated type has no member for it. */
export function detailOf(detail: object): AuditEntry['detail'] {
  return detail as AuditEntry['detail'];
}
