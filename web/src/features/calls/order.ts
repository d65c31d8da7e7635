// A call to be placed: the values of its form, what it needs, and how it is sent.
import { api, body } from '@/api/client';
import type { Call, CallOrder, MachinePolicies, NumberPool, Personality, PhoneNumber } from '@/api/types';
import type { ChosenEngine } from '@/engines/engines';
import { type Pair, recordOf } from '@/ui/Pairs';

/** Who may answer instead of a person. */
export const answerers = ['mailbox', 'menu', 'screening', 'unsure'] as const;
export type Answerer = (typeof answerers)[number];

/** What is done then. */
export type Conduct = 'carry_on' | 'hang_up' | 'leave_message' | 'press';

export const conductsOf: Readonly<Record<Answerer, readonly Conduct[]>> = {
  mailbox: ['hang_up', 'leave_message', 'carry_on'],
  menu: ['carry_on', 'press', 'hang_up'],
  screening: ['carry_on', 'press', 'hang_up'],
  unsure: ['carry_on', 'hang_up', 'leave_message'],
};

export interface MachineRule {
  conduct: Conduct;
  text: string;
  digits: string;
}

export interface MachineValues {
  detect: boolean;
  rules: Record<Answerer, MachineRule>;
}

export interface OrderValues {
  to: string;
  /** A number, `num_…`, or a pool, `pool_…`. */
  from: string;
  personality: string;
  engine: ChosenEngine | '';
  opening: string;
  timeout: string;
  record: boolean;
  /** By it the consents are that the call needs. */
  purpose: 'transactional' | 'marketing';
  machine: MachineValues;
  /** What is put into the places of the words, by name. */
  given: Readonly<Record<string, string>>;
  variables: Pair[];
  metadata: Pair[];
}

function rule(conduct: Conduct): MachineRule {
  return { conduct, text: '', digits: '' };
}

export const blankOrder: OrderValues = {
  to: '',
  from: '',
  personality: '',
  engine: '',
  opening: '',
  timeout: '30',
  record: false,
  purpose: 'transactional',
  machine: {
    detect: false,
    rules: {
      mailbox: rule('hang_up'),
      menu: rule('carry_on'),
      screening: rule('carry_on'),
      unsure: rule('carry_on'),
    },
  },
  given: {},
  variables: [],
  metadata: [],
};

const place = /\{\{\s*([A-Za-z0-9_.-]{1,64})\s*\}\}/g;

/** The names that stand in double braces in what an agent is told and says first; of several who may talk, all. */
export function placesOf(personalities: readonly Personality[], opening: string): string[] {
  const words = personalities.flatMap(({ greeting, system_prompt }) => [
    opening.trim() || (greeting ?? ''),
    system_prompt,
  ]);
  if (personalities.length === 0) words.push(opening);
  return [...new Set([...words.join('\n').matchAll(place)].flatMap(([, name]) => (name ? [name] : [])))];
}

/** Who talks when nobody is chosen: whoever answers the number, or any number of the pool. */
export function talkersOf(
  from: string,
  numbers: readonly PhoneNumber[],
  pools: readonly NumberPool[],
): string[] {
  const ids = pools.find(({ id }) => id === from)?.numbers.map(({ id }) => id) ?? [from];
  return numbers.flatMap(({ id, personality }) => (ids.includes(id) && personality ? [personality.id] : []));
}

export const isPool = (from: string) => from.startsWith('pool_');

/** As the API takes it. `numbers` are those that the form offers, by id. */
export function orderOf(values: OrderValues, numbers: ReadonlyMap<string, string>): CallOrder {
  const {
    from,
    personality,
    engine,
    opening,
    timeout,
    record,
    purpose,
    machine,
    given,
    variables,
    metadata,
  } = values;
  const filled = Object.entries(given).filter(([, value]) => value.trim());
  const all = {
    ...recordOf(variables),
    ...Object.fromEntries(filled.map(([name, value]) => [name, value.trim()])),
  };
  return {
    to: values.to.trim(),
    record,
    purpose,
    ...(isPool(from) ? { pool_id: from } : from ? { from: numbers.get(from) ?? from } : {}),
    ...(personality ? { personality_id: personality } : {}),
    ...(engine ? { engine } : {}),
    ...(opening.trim() ? { opening_message: opening.trim() } : {}),
    ...(timeout.trim() ? { answer_timeout_seconds: Number(timeout) } : {}),
    ...(machine.detect ? { machine_detection: machineOf(machine) } : {}),
    variables: all,
    metadata: recordOf(metadata),
  };
}

function machineOf({ rules }: MachineValues): MachinePolicies {
  const policies = answerers.map((who) => {
    const { conduct, text, digits } = rules[who];
    return [
      who,
      {
        action: conduct,
        ...(conduct === 'leave_message' ? { text: text.trim() } : {}),
        ...(conduct === 'press' ? { digits: digits.trim() } : {}),
      },
    ];
  });
  return Object.fromEntries(policies);
}

export async function placeCall(order: CallOrder, key: string): Promise<Call> {
  return body(await api.POST('/v1/calls', { params: { header: { 'Idempotency-Key': key } }, body: order }));
}

export async function cancelCall(id: string): Promise<void> {
  await api.POST('/v1/calls/{id}/cancel', { params: { path: { id } } });
}

export async function eraseCall(id: string): Promise<void> {
  await api.DELETE('/v1/calls/{id}', { params: { path: { id } } });
}
