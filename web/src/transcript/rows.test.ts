import { describe, expect, it } from 'vitest';
import type { Act } from '@/live/actions';
import type { Item, TurnLatency } from '@/live/wire';
import { keepRows, makeRows, speakerOf, splitHeard } from './rows';

let seq = 0;
const item = (id: string, body: object) => {
  seq += 1;
  return { id, seq, at: '2026-11-21T08:00:00.000Z', offset_ms: 0, ...body } as Item;
};
const speech = (id: string, speaker: string, text: string) =>
  item(id, { kind: 'speech', speaker, text, complete: true, interrupted: false });
const by = { id: 'usr_1', name: 'Ana' };
const turn = (number: number, total_ms: number) => ({ turn: number, total_ms }) as TurnLatency;

describe('what was heard', () => {
  it('is split from what was not', () => {
    expect(splitHeard('Let me check.', 'Let me')).toEqual({ heard: 'Let me', unheard: ' check.' });
    expect(splitHeard('Let me check.', '')).toEqual({ heard: '', unheard: 'Let me check.' });
    expect(splitHeard('Let me check.', undefined)).toEqual({ heard: 'Let me check.', unheard: '' });
  });

  it('may come with other spaces', () => {
    expect(splitHeard('One.  Two. Three.', 'One. Two.')).toEqual({ heard: 'One.  Two.', unheard: ' Three.' });
  });

  it('is believed when it does not fit at all', () => {
    expect(splitHeard('One two', 'Something else')).toEqual({ heard: 'Something else', unheard: '' });
  });
});

describe('rows', () => {
  it('join a spoken sentence of a supervisor with its act', () => {
    const rows = makeRows(
      [
        item('a', {
          kind: 'intervention',
          action_id: 'x',
          action: { type: 'say', text: 'Free parking.', mode: 'verbatim', when: 'now' },
          by,
          status: 'applied',
        }),
        speech('b', 'supervisor', 'Free parking.'),
      ],
      [],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ kind: 'speech', act: { status: 'applied', by } });
  });

  it('say whose they are when several people act one after the other', () => {
    const ben = { id: 'usr_2', name: 'Ben' };
    const note = (id: string, actor: object) =>
      item(id, { kind: 'supervisor_note', actor, text: 'Regular.' });
    const act = {
      actionId: 'x',
      at: '2026-11-21T08:00:00.000Z',
      action: { type: 'hold' },
      status: 'sending',
    };
    const rows = makeRows(
      [note('a', by), note('b', by), note('c', ben), note('d', by)],
      [],
      [act as unknown as Act],
      'usr_1',
    );
    expect(rows.map((row) => row.first)).toEqual([true, false, true, true, false]);
  });

  it('show the end of a call beside its last words', () => {
    const end = item('a', {
      kind: 'intervention',
      action_id: 'x',
      action: { type: 'end', say: 'Goodbye.' },
      by,
      status: 'applied',
    });
    const rows = makeRows([end, speech('b', 'supervisor', 'Goodbye.')], []);
    expect(rows[0]).toMatchObject({ kind: 'act', action: { type: 'end' } });
    expect(rows[1]).toMatchObject({ kind: 'speech', act: { by } });
  });

  it('show two equal sentences as two', () => {
    const say = (id: string) =>
      item(id, {
        kind: 'intervention',
        action_id: id,
        action: { type: 'say', text: 'Hello', mode: 'verbatim', when: 'now' },
        by,
        status: 'applied',
      });
    const rows = makeRows(
      [say('a'), speech('b', 'supervisor', 'Hello'), say('c'), speech('d', 'supervisor', 'Hello')],
      [],
    );
    expect(rows.map((row) => row.key)).toEqual(['b', 'd']);
  });

  it('put a plug where the speaker changes', () => {
    const rows = makeRows(
      [speech('a', 'caller', '1'), speech('b', 'caller', '2'), speech('c', 'agent', '3')],
      [],
    );
    expect(rows.map((row) => row.first)).toEqual([true, false, true]);
    expect(rows.map(speakerOf)).toEqual(['caller', 'caller', 'agent']);
  });

  it('give a latency to an answer only when answers and turns are as many', () => {
    const talk = [speech('g', 'agent', 'Hello'), speech('a', 'caller', '?'), speech('b', 'agent', '!')];
    const latencies = (turns: TurnLatency[]) =>
      makeRows(talk, turns).map((row) => (row.kind === 'speech' ? (row.latency?.total_ms ?? null) : null));
    expect(latencies([turn(1, 640)])).toEqual([null, null, 640]);
    expect(latencies([turn(1, 640), turn(2, 700)])).toEqual([null, null, null]);
  });

  it('end with the acts that are under way', () => {
    const act: Act = {
      actionId: 'x',
      call: 'call_1',
      action: { type: 'dtmf', digits: '1' },
      at: '2026-11-21T08:00:00.000Z',
      status: 'sending',
    };
    expect(makeRows([speech('a', 'caller', '1')], [], [act]).at(-1)).toMatchObject({
      kind: 'act',
      act: { status: 'sending', ownId: 'x' },
    });
  });

  it('do not repeat an answer that stands below its question', () => {
    const question = item('q', {
      kind: 'clarification',
      question: '?',
      expires_at: '2026-11-21T08:00:30.000Z',
      answer: 'Yes',
      answered_by: by,
      expired: false,
    });
    const answer = item('a', {
      kind: 'intervention',
      action_id: 'x',
      action: { type: 'clarify', clarification_id: 'q', answer: 'Yes' },
      by,
      status: 'applied',
    });
    expect(makeRows([question, answer], []).map((row) => row.key)).toEqual(['q']);
  });

  it('keep a calm notice apart from a warning', () => {
    const told = (code: string) => item(code, { kind: 'warning', code, detail: code });
    const rows = makeRows([told('session_renewed'), told('engine_failed')], []);
    expect(rows.map(speakerOf)).toEqual(['notice', 'warning']);
  });

  it('show a voice that has no words yet', () => {
    const line = item('a', {
      kind: 'speech',
      speaker: 'caller',
      text: '',
      complete: false,
      interrupted: false,
    });
    expect(makeRows([line], [])[0]).toMatchObject({ answered: false });
    const rows = makeRows([line, speech('b', 'agent', 'There is a yard.')], []);
    expect(rows[0], 'the turn is over, its words are not written yet').toMatchObject({ answered: true });
  });

  it("name a language that is not the agent's, and the way back to it", () => {
    const heard = (id: string, language?: string) =>
      item(id, { kind: 'speech', speaker: 'caller', text: id, complete: true, interrupted: false, language });
    const talk = [heard('a', 'en-GB'), heard('b', 'es-US'), heard('c', 'es'), heard('d'), heard('e', 'en')];
    const named = (usual?: string) =>
      makeRows(talk, [], [], undefined, usual).map((row) => (row.kind === 'speech' ? row.language : null));
    expect(named('en-US')).toEqual([null, 'es-US', 'es', null, 'en']);
    expect(named('es-ES')).toEqual(['en-GB', 'es-US', null, null, 'en']);
    expect(named(), 'while it is not known, a change is').toEqual([null, 'es-US', null, null, 'en']);
  });

  it('are the same as before where nothing has changed', () => {
    const say = (status: string) =>
      item('x', { kind: 'intervention', action_id: 'x', action: { type: 'hold' }, by, status });
    const talk = [speech('a', 'caller', '1'), speech('b', 'agent', '2'), say('accepted')];
    const before = makeRows(talk, []);
    const more = [...talk.slice(0, 2), say('applied'), speech('d', 'caller', '3')];
    const after = keepRows(before, makeRows(more, []));
    expect(after.map((row, at) => row === before[at])).toEqual([true, true, false, false]);
    expect(keepRows(after, makeRows(more, []))).toEqual(after);
    expect(keepRows(after, makeRows(more, [])).every((row, at) => row === after[at])).toBe(true);
  });

  it('tell keys of the agent once', () => {
    const keys = item('k', { kind: 'dtmf_sent', digits: '42#' });
    const press = (argument: string) =>
      item('p', { kind: 'command', command: 'press', argument, done: true });
    expect(makeRows([keys, press('42#')], []).map((row) => row.key)).toEqual(['k']);
    expect(makeRows([keys, press('7')], []).map((row) => row.key)).toEqual(['k', 'p']);
  });

  it('tell a transfer once', () => {
    const asked = item('a', { kind: 'command', command: 'transfer', argument: 'billing', done: true });
    const refused = { ...asked, id: 'r', done: false } as Item;
    const transfer = item('b', { kind: 'transfer', to: '+14155550199', status: 'failed' });
    expect(makeRows([transfer, asked], []).map((row) => row.key)).toEqual(['b']);
    expect(makeRows([asked], []).map((row) => row.key)).toEqual(['a']);
    expect(makeRows([transfer, refused], []).map((row) => row.key)).toEqual(['b', 'r']);
  });
});
