import type { Permission, Scope } from '@/api/types';

// What a role may do, as the server names it, and what each page needs. Menu, palette and guards read this one table.
export type { Permission, Scope };

/** What an API key can be allowed. */
export const scopes = [
  'calls:read',
  'calls:write',
  'calls:monitor',
  'calls:control',
  'transcripts:read',
  'numbers:read',
  'numbers:write',
  'personalities:read',
  'personalities:write',
  'usage:read',
  'billing:read',
  'recordings:read',
  'contacts:read',
  'contacts:write',
  'chat:write',
  'audit:read',
] as const satisfies readonly Scope[];

export const pages = [
  { id: 'live', to: '/live', needs: 'call.monitor', key: 'l' },
  { id: 'calls', to: '/calls', needs: 'call.read', key: 'c' },
  { id: 'numbers', to: '/numbers', needs: 'number.read', key: 'n' },
  { id: 'personalities', to: '/personalities', needs: 'personality.read', key: 'p' },
  { id: 'contacts', to: '/contacts', needs: 'contact.read', key: 'o' },
  { id: 'billing', to: '/billing', needs: 'usage.read', key: 'b' },
  { id: 'members', to: '/members', needs: 'member.read', key: 'm' },
  { id: 'keys', to: '/keys', needs: 'key.read', key: 'k' },
  { id: 'audit', to: '/audit', needs: 'audit.read', key: 'u' },
] as const satisfies readonly { id: string; to: string; needs: Permission; key: string }[];

export type PageId = (typeof pages)[number]['id'];

/** The pages of the menu that somebody with these permissions can open. */
export function menuFor(held: readonly string[]) {
  return pages.filter((page) => held.includes(page.needs));
}
