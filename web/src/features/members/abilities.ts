// What each role can do, in the steps that a person thinks in. Who holds which permission is the server's word; here is
// only which step a permission belongs to, and a permission without a step does not compile.
import type { Permission, RoleInfo } from '@/api/types';

export const roles = ['admin', 'supervisor', 'viewer'] as const satisfies RoleInfo['role'][];

const steps = {
  'call.read': 'watch',
  'call.monitor': 'watch',
  'number.read': 'watch',
  'personality.read': 'watch',
  'usage.read': 'watch',
  'transcript.read': 'words',
  'recording.read': 'recordings',
  'call.intervene': 'stepIn',
  'call.transfer': 'stepIn',
  'call.end': 'stepIn',
  'recording.write': 'stepIn',
  'call.create': 'place',
  'web_call.create': 'place',
  'contact.read': 'contacts',
  'contact.write': 'contacts',
  'member.read': 'colleagues',
  'member.invite': 'people',
  'member.role': 'people',
  'member.remove': 'people',
  'number.buy': 'numbers',
  'number.release': 'numbers',
  'number.configure': 'numbers',
  'personality.write': 'personalities',
  'key.read': 'keys',
  'key.create': 'keys',
  'key.rotate': 'keys',
  'key.revoke': 'keys',
  'policy.write': 'policy',
  'plan.read': 'policy',
  'plan.change': 'policy',
  'sso.read': 'policy',
  'sso.write': 'policy',
  'provider_credential.read': 'policy',
  'provider_credential.write': 'policy',
  'export.create': 'money',
  'audit.read': 'audit',
  'privacy.read': 'privacy',
  'tenant.export': 'privacy',
  'tenant.close': 'privacy',
} as const satisfies Record<Permission, string>;

export type Ability = (typeof steps)[Permission];

const entries = Object.entries(steps) as [Permission, Ability][];
const all = [...new Set(entries.map(([, ability]) => ability))];

/** What a role can do: the steps of which it holds every permission. */
export function abilitiesOf(role: RoleInfo['role'], known: readonly RoleInfo[]): Ability[] {
  const held = known.find((each) => each.role === role)?.permissions ?? [];
  const lacking = new Set(entries.filter(([each]) => !held.includes(each)).map(([, ability]) => ability));
  return all.filter((ability) => !lacking.has(ability));
}

/** What somebody can do no more, and what they can do then. */
export function changeOf(
  from: RoleInfo['role'],
  to: RoleInfo['role'],
  known: readonly RoleInfo[],
): { lost: Ability[]; gained: Ability[] } {
  const before = abilitiesOf(from, known);
  const after = abilitiesOf(to, known);
  return {
    lost: before.filter((each) => !after.includes(each)),
    gained: after.filter((each) => !before.includes(each)),
  };
}
