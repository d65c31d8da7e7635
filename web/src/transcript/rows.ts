// The rows of a transcript: the ledger's items, joined with the acts that are still under way and with the
// latency of the turn that each answer ended.
import type { Act, ActStatus } from '@/live/actions';
import type { Action, Actor, Item, Line, TurnLatency } from '@/live/wire';

interface Base {
  key: string;
  at: string;
  /** First of several rows of one speaker in a row: the cord gets its plug here. */
  first: boolean;
}

export interface ActState {
  status: ActStatus;
  detail?: string | null;
  by: Actor | null;
  /** Set for acts of this tab that can be tried again. */
  ownId?: string;
}

export type Row = Base &
  (
    | {
        kind: 'speech';
        item: Line<'speech'>;
        latency: TurnLatency | null;
        act: ActState | null;
        /** The language it was heard in, where it is another than one expects. */
        language: string | null;
        /** The agent has spoken since: a line that still has no words will get them, but nobody is saying them now. */
        answered: boolean;
      }
    | { kind: 'act'; action: Action; act: ActState }
    | { kind: 'clarification'; item: Line<'clarification'> }
    | { kind: 'note'; item: Exclude<Item, { kind: 'speech' | 'clarification' | 'intervention' }> }
  );

export type RowSpeaker = 'caller' | 'agent' | 'supervisor' | 'colleague' | 'tool' | 'notice' | 'warning';

/** Warnings that ask nothing of anybody. */
const calm: readonly string[] = ['session_renewed'];

export function speakerOf(row: Row): RowSpeaker {
  switch (row.kind) {
    case 'speech':
      return row.item.speaker;
    case 'act':
      return 'supervisor';
    case 'clarification':
      return 'agent';
    default:
      if (row.item.kind === 'supervisor_note') return 'supervisor';
      if (row.item.kind === 'approval') return row.item.by ? 'supervisor' : 'notice';
      if (row.item.kind === 'warning') return calm.includes(row.item.code) ? 'notice' : 'warning';
      return row.item.kind === 'dtmf_received' ? 'caller' : 'tool';
  }
}

const noActs: readonly Act[] = [];

/** The person whose row it is, as far as it is known; `by` is none for whoever looks at it. */
export function personOf(row: Row): { by: Actor | null } | null {
  if (row.kind === 'act' || row.kind === 'speech') return row.act;
  if (row.kind !== 'note') return null;
  if (row.item.kind === 'supervisor_note') return { by: row.item.actor };
  return row.item.kind === 'approval' && row.item.by ? { by: row.item.by } : null;
}

/** `self` is the id of whoever looks, `usual` the language that the agent speaks. */
export function makeRows(
  items: readonly Item[],
  turns: readonly TurnLatency[],
  acts: readonly Act[] = noActs,
  self?: string | undefined,
  usual?: string | undefined,
): Row[] {
  const languages = languagesOf(items, usual);
  const spoken = wordsOfActs(items);
  const latencies = latenciesOf(items, turns);
  const lastAnswer = items.findLastIndex((item) => item.kind === 'speech' && item.speaker === 'agent');
  const isHandedOver = items.some((item) => item.kind === 'transfer');
  const rows: Row[] = [];
  for (const [place, item] of items.entries()) {
    const base = { key: item.id, at: item.at, first: true };
    if (item.kind === 'speech') {
      if (item.complete && !item.text && !item.interrupted) continue;
      const act = spoken.bySpeech.get(item.id) ?? null;
      const latency = latencies.get(item.id) ?? null;
      const language = languages.get(item.id) ?? null;
      rows.push({ ...base, kind: 'speech', item, latency, act, language, answered: place < lastAnswer });
    } else if (item.kind === 'intervention') {
      // The words themselves are a row of their own once they are spoken.
      if (spoken.merged.has(item.id) || isShownBelow(item, items)) continue;
      const action = spoken.ended.has(item.id) ? ({ type: 'end' } as const) : item.action;
      rows.push({ ...base, kind: 'act', action, act: stateOf(item) });
    } else if (item.kind === 'command' && item.command === 'request_user' && item.done) {
      // The question has a row of its own.
    } else if (item.kind === 'command' && item.command === 'transfer' && item.done && isHandedOver) {
      // So has the transfer, which tells how it went.
    } else if (item.kind === 'command' && item.command === 'press' && item.done && arePressed(items, place)) {
      // The keys themselves are told.
    } else if (item.kind === 'clarification') rows.push({ ...base, kind: 'clarification', item });
    else rows.push({ ...base, kind: 'note', item });
  }
  for (const { actionId, at, action, status, detail } of acts) {
    const act: ActState = { status, detail, by: null, ownId: actionId };
    rows.push({ key: actionId, at, first: true, kind: 'act', action, act });
  }
  let before: string | null = null;
  for (const row of rows) {
    const speaker = speakerOf(row);
    const person = speaker === 'supervisor' ? personOf(row) : null;
    const whose = person ? `${speaker} ${person.by?.id ?? self}` : speaker;
    row.first = whose !== before;
    before = whose;
  }
  return rows;
}

/**
 * The new rows, with those that have not changed as they were: a row is drawn again only when there is something new to
 * draw.
 */
export function keepRows(before: readonly Row[], rows: readonly Row[]): Row[] {
  const known = new Map(before.map((row) => [row.key, row]));
  return rows.map((row) => {
    const old = known.get(row.key);
    return old && isSameRow(old, row) ? old : row;
  });
}

function isSameRow(old: Row, row: Row): boolean {
  const fields = Object.entries(row) as [keyof Row, unknown][];
  return fields.every(([name, value]) => {
    const was: unknown = old[name];
    if (was === value) return true;
    return name === ('act' as keyof Row) && isSameAct(was as ActState | null, value as ActState | null);
  });
}

function isSameAct(old: ActState | null, act: ActState | null): boolean {
  if (!old || !act) return old === act;
  const { status, detail, by, ownId } = act;
  return old.status === status && old.detail === detail && old.by?.id === by?.id && old.ownId === ownId;
}

/** Whether the line before a command tells of the same keys. */
function arePressed(items: readonly Item[], place: number): boolean {
  const command = items[place];
  const before = items[place - 1];
  return before?.kind === 'dtmf_sent' && command?.kind === 'command' && before.digits === command.argument;
}

/** An act that has a line of its own, or stands below what it answers, once it is done. */
function isShownBelow({ action, status }: Line<'intervention'>, items: readonly Item[]): boolean {
  if (status !== 'applied') return false;
  switch (action.type) {
    case 'note':
      return true;
    case 'clarify': {
      const asked = items.find((item) => item.id === action.clarification_id);
      return asked?.kind === 'clarification' && asked.answered_by !== undefined;
    }
    case 'approve':
    case 'reject':
      return items.some((item) => item.id === action.approval_id);
    default:
      return false;
  }
}

function stateOf(item: Line<'intervention'>): ActState {
  return { status: item.status, detail: item.status === 'failed' ? item.detail : undefined, by: item.by };
}

/** Joins each spoken sentence of a supervisor with the act that asked for it. */
function wordsOfActs(items: readonly Item[]) {
  const bySpeech = new Map<string, ActState>();
  const merged = new Set<string>();
  const ended = new Set<string>();
  for (const item of items) {
    if (item.kind !== 'intervention') continue;
    const words = spokenWords(item.action);
    if (!words) continue;
    const speech = items.find(
      (other) =>
        other.kind === 'speech' &&
        other.speaker === 'supervisor' &&
        !bySpeech.has(other.id) &&
        other.text.trim() === words,
    );
    if (!speech) continue;
    bySpeech.set(speech.id, stateOf(item));
    // The end of a call is a row beside its last words.
    (item.action.type === 'end' ? ended : merged).add(item.id);
  }
  return { bySpeech, merged, ended };
}

function spokenWords(action: Action): string | undefined {
  if (action.type === 'end') return action.say?.trim();
  return action.type === 'say' && action.mode !== 'guidance' ? action.text.trim() : undefined;
}

/**
 * Which answer ended which turn. The ledger does not say, so it is only told when the answers to the caller and the
 * measured turns are as many.
 */
function latenciesOf(items: readonly Item[], turns: readonly TurnLatency[]): Map<string, TurnLatency> {
  const answers: string[] = [];
  let callerSpoke = false;
  for (const item of items) {
    if (item.kind !== 'speech') continue;
    if (item.speaker === 'caller') callerSpoke = true;
    else if (item.speaker === 'agent' && callerSpoke) {
      answers.push(item.id);
      callerSpoke = false;
    }
  }
  const open = answers.length - turns.length;
  const joined = new Map<string, TurnLatency>();
  if (open !== 0 && open !== 1) return joined;
  turns.forEach((turn, at) => {
    const id = answers[at];
    if (id) joined.set(id, turn);
  });
  return joined;
}

/** What the caller heard of a line, and what not. */
export function splitHeard(text: string, heard: string | undefined): { heard: string; unheard: string } {
  if (heard === undefined || heard === text) return { heard: text, unheard: '' };
  if (text.startsWith(heard)) return { heard, unheard: text.slice(heard.length) };
  // The carrier may report the heard words with other spaces; they are followed letter by letter.
  let at = 0;
  for (const letter of heard.replace(/\s+/g, '')) {
    while (at < text.length && /\s/.test(text.charAt(at))) at += 1;
    if (text.charAt(at) !== letter) return { heard, unheard: '' };
    at += 1;
  }
  return { heard: text.slice(0, at), unheard: text.slice(at) };
}

/** `es-US` and `es-ES` are one language here. */
const primary = (tag: string) => tag.split(/[-_]/)[0]?.toLowerCase() ?? '';

/** Lines in another language than the agent's, and those where the caller changes to another. */
function languagesOf(items: readonly Item[], usual: string | undefined): Map<string, string> {
  const found = new Map<string, string>();
  const expected = usual === undefined ? null : primary(usual);
  let before = expected;
  for (const item of items) {
    if (item.kind !== 'speech' || !item.language) continue;
    const now = primary(item.language);
    if ((before !== null && now !== before) || (expected !== null && now !== expected)) {
      found.set(item.id, item.language);
    }
    before = now;
  }
  return found;
}
