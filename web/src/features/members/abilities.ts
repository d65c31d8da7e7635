// What each role can do, in the steps that a person thinks in; the server's permissions are finer.
import type { Role } from '@/api/types';

export const roles = ['admin', 'supervisor', 'viewer'] as const satisfies Role[];

const abilities = {
  watch: ['admin', 'supervisor', 'viewer'],
  words: ['admin', 'supervisor'],
  stepIn: ['admin', 'supervisor'],
  place: ['admin', 'supervisor'],
  contacts: ['admin', 'supervisor'],
  people: ['admin'],
  numbers: ['admin'],
  personalities: ['admin'],
  keys: ['admin'],
  policy: ['admin'],
  money: ['admin'],
  audit: ['admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Ability = keyof typeof abilities;

const all = Object.keys(abilities) as Ability[];

export function abilitiesOf(role: Role): Ability[] {
  return all.filter((ability) => abilities[ability].some((each) => each === role));
}

/** What somebody can do no more, and what they can do then. */
export function changeOf(from: Role, to: Role): { lost: Ability[]; gained: Ability[] } {
  const before = abilitiesOf(from);
  const after = abilitiesOf(to);
  return {
    lost: before.filter((each) => !after.includes(each)),
    gained: after.filter((each) => !before.includes(each)),
  };
}
