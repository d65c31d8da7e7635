// The phone of the page, without a screen: microphone, line and speaker are stood in for.
import { describe, expect, it } from 'vitest';
import { ApiProblem } from '@/api/problem';
import type { Ears } from '@/audio/phone_audio';
import { NoMicrophone } from '@/audio/phone_audio';
import type { LineReader } from '@/live/phone_line';
import { aCall } from '@/test/data';
import { Phone, type PhoneDeps } from './phone';

const party = { personality_id: 'per_1' };

function set(change: Partial<PhoneDeps> = {}) {
  const did: string[] = [];
  const lines: LineReader[] = [];
  let ears: Ears | undefined;
  const phone = new Phone({
    create: async () => ({ call: aCall({ id: 'call_1' }), ticket: 't1' }),
    resume: async () => ({ ticket: 't2' }),
    openLine: (call, ticket, reader) => {
      did.push(`line ${call} ${ticket}`);
      lines.push(reader);
      return {
        sound: (ms, sound) => did.push(`sent ${ms} ${sound.length}`),
        mark: (name) => did.push(`told ${name}`),
        keys: (digits) => did.push(`keys ${digits}`),
        say: (text) => did.push(`say ${text}`),
        bye: () => did.push('bye'),
        drop: () => did.push('drop'),
      };
    },
    openAudio: async (given) => {
      ears = given;
      return {
        play: (sound) => did.push(`play ${sound.length}`),
        mark: (name) => did.push(`mark ${name}`),
        clear: () => did.push('clear'),
        mute: (on) => did.push(`mute ${on}`),
        close: () => did.push('quiet'),
      };
    },
    wait: async () => undefined,
    now: () => 1_000,
    ...change,
  });
  const state = () => phone.store.getState();
  const line = () => {
    const newest = lines.at(-1);
    if (!newest) throw new Error('no line');
    return newest;
  };
  return { phone, did, state, line, ears: () => ears as Ears };
}

const settled = () => new Promise((done) => setTimeout(done));

describe('the phone', () => {
  it('asks for the microphone first, then calls, and carries sound both ways', async () => {
    const { phone, did, state, line, ears } = set();
    const calling = phone.call(party, 'voice');
    expect(state().phase).toBe('asking');
    await calling;
    expect(state().phase).toBe('starting');
    line().ready({ call_id: 'call_1', resumed: false });
    expect(state()).toMatchObject({ phase: 'live', since: 1_000 });
    ears().onSound(new Uint8Array(160));
    ears().onSound(new Uint8Array(160));
    line().sound(new Uint8Array(1_600));
    line().mark('0.1600');
    ears().onMark('0.1600');
    line().clear();
    ears().onLevels({ agent: 0.5, playedMs: 200 });
    expect(phone.levels).toEqual({ you: 0, agent: 0.5, playedMs: 200 });
    phone.mute(true);
    phone.keys('4');
    phone.hangUp();
    expect(did).toEqual([
      'line call_1 t1',
      'sent 0 160',
      'sent 20 160',
      'play 1600',
      'mark 0.1600',
      'told 0.1600',
      'clear',
      'mute true',
      'keys 4',
      'bye',
      'drop',
      'quiet',
    ]);
    expect(state()).toMatchObject({ phase: 'ended', ending: { reason: 'caller_hangup' } });
  });

  it.each(['denied', 'missing', 'busy', 'unsupported'] as const)(
    'begins no call when the microphone is %s',
    async (fault) => {
      const { phone, did, state } = set({ openAudio: async () => Promise.reject(new NoMicrophone(fault)) });
      await phone.call(party, 'voice');
      expect(state()).toMatchObject({ phase: 'idle', fault, call: null });
      expect(did).toEqual([]);
    },
  );

  it('needs no microphone for typed words', async () => {
    const { phone, did, line } = set({ openAudio: () => Promise.reject(new Error('not asked')) });
    await phone.call(party, 'text');
    line().ready({ call_id: 'call_1', resumed: false });
    phone.say('  Hello. ');
    phone.say('  ');
    expect(did).toEqual(['line call_1 t1', 'say Hello.']);
  });

  it('lets the microphone go when the call is refused', async () => {
    const limit = new ApiProblem(429, { code: 'concurrency_limit', detail: 'too many' });
    const { phone, did, state } = set({ create: () => Promise.reject(limit) });
    await phone.call(party, 'voice');
    expect(did).toEqual(['quiet']);
    expect(state()).toMatchObject({ phase: 'idle', problem: { code: 'concurrency_limit' } });
  });

  it('comes back on another line, and forgets what was not played', async () => {
    const { phone, did, state, line } = set();
    await phone.call(party, 'voice');
    line().ready({ call_id: 'call_1', resumed: false });
    const first = line();
    first.closed(1006);
    expect(state().phase).toBe('reconnecting');
    await settled();
    expect(did).toEqual(['line call_1 t1', 'drop', 'clear', 'line call_1 t2']);
    first.sound(new Uint8Array(8));
    expect(did.at(-1)).toBe('line call_1 t2');
    line().ready({ call_id: 'call_1', resumed: true });
    expect(state()).toMatchObject({ phase: 'live', since: 1_000 });
  });

  it('gives up when the call is over there, or nothing answers', async () => {
    const gone = new ApiProblem(409, { code: 'call_ended', detail: 'it is over' });
    for (const problem of [gone, ApiProblem.unreachable()]) {
      let asked = 0;
      const { phone, state, line } = set({
        resume: () => {
          asked += 1;
          return Promise.reject(problem);
        },
      });
      await phone.call(party, 'text');
      line().closed(1006);
      await settled();
      await settled();
      expect(state()).toMatchObject({ phase: 'ended', ending: { reason: null } });
      expect(asked).toBe(problem === gone ? 1 : 5);
    }
  });

  it('ends as the server says, with its last words', async () => {
    const { phone, did, state, line } = set();
    await phone.call(party, 'voice');
    line().ready({ call_id: 'call_1', resumed: false });
    line().ended({ reason: 'engine_error', ended_by: 'platform', say: 'I am sorry.' });
    expect(state()).toMatchObject({ phase: 'ended', ending: { reason: 'engine_error', say: 'I am sorry.' } });
    expect(did.slice(-2)).toEqual(['drop', 'quiet']);
  });

  it('says that the microphone was pulled out, and holds the line', async () => {
    const { phone, state, line, ears } = set();
    await phone.call(party, 'voice');
    line().ready({ call_id: 'call_1', resumed: false });
    ears().onLost();
    expect(state()).toMatchObject({ phase: 'live', fault: 'lost' });
  });

  it('leaves nothing behind when the page goes while the microphone is asked for', async () => {
    let allow: (() => void) | undefined;
    const did: string[] = [];
    const { phone, state } = set({
      openAudio: () =>
        new Promise((done) => {
          allow = () =>
            done({
              play: () => undefined,
              mark: () => undefined,
              clear: () => undefined,
              mute: () => undefined,
              close: () => did.push('quiet'),
            });
        }),
    });
    const calling = phone.call(party, 'voice');
    phone.close();
    allow?.();
    await calling;
    expect(did).toEqual(['quiet']);
    expect(state().phase).toBe('idle');
  });
});
