// The sound of a live call in the browser: near the caller whatever the network does, and no word up before its time.
import { describe, expect, it } from 'vitest';
import { ApiProblem } from '@/api/problem';
import type { SoundReader } from '@/live/sound_line';
import { CallSound, type SoundDeps } from './call_sound';
import { voiceOf } from './frames';
import { JitterBuffer, leastMs, mostMs, mostTargetMs } from './jitter';
import { type MicrophoneReader, NoMicrophone } from './microphone';
import { hears } from './voices';

const ms = (count: number, value = 1) => new Uint8Array(count * 8).fill(value);

describe('the jitter buffer', () => {
  const out = new Uint8Array(160);

  it('gathers a little, then plays on without a gap', () => {
    const buffer = new JitterBuffer();
    buffer.push(ms(40));
    expect(buffer.take(out)).toBe(0);
    buffer.push(ms(40));
    const played = Array.from({ length: 4 }, () => buffer.take(out));
    expect(played).toEqual([160, 160, 160, 160]);
    expect(buffer.take(out)).toBe(0);
  });

  it('does not keep a short word waiting', () => {
    const buffer = new JitterBuffer();
    buffer.push(ms(20));
    const played = Array.from({ length: leastMs / 20 + 1 }, () => buffer.take(out));
    expect(played.at(-1)).toBe(160);
  });

  it('never holds more than it may, and lets the oldest go', () => {
    const buffer = new JitterBuffer();
    for (let at = 1; at <= 50; at += 1) buffer.push(ms(40, at));
    expect(buffer.waitingMs).toBeLessThanOrEqual(mostMs);
    let last = 0;
    while (buffer.take(out) > 0) last = out[out.length - 1] ?? 0;
    expect(last).toBe(50);
  });

  it('gathers more for a network that holds sound up, and less again when it does no more', () => {
    const buffer = new JitterBuffer();
    for (let late = 0; late < 10; late += 1) {
      buffer.push(ms(40));
      for (let at = 0; at < 12; at += 1) buffer.take(out);
    }
    expect(buffer.targetMs).toBe(mostTargetMs);
    for (let at = 0; at < 10_000; at += 1) {
      buffer.push(ms(20));
      buffer.take(out);
    }
    expect(buffer.targetMs).toBe(leastMs);
  });

  it('does not take a pause between two sentences for lateness', () => {
    const buffer = new JitterBuffer();
    for (let sentence = 0; sentence < 5; sentence += 1) {
      for (let at = 0; at < 5; at += 1) buffer.push(ms(20));
      for (let at = 0; at < 40; at += 1) buffer.take(out);
    }
    expect(buffer.targetMs).toBe(leastMs);
  });
});

describe('voices', () => {
  it('are told by the kind of their frame', () => {
    const frame = (kind: number) => new Uint8Array([kind, 0, 0, 1, 2, 9]).buffer;
    expect(voiceOf(frame(1))).toMatchObject({ voice: 'caller', timeMs: 258 });
    expect(voiceOf(frame(2))?.voice).toBe('agent');
    expect([...(voiceOf(frame(3))?.sound ?? [])]).toEqual([9]);
    expect(voiceOf(frame(16))).toBeNull();
    expect(voiceOf(new ArrayBuffer(5))).toBeNull();
  });

  it('are heard as it was chosen, and nobody hears themselves', () => {
    expect(hears('both', false, 'caller') && hears('both', false, 'supervisor')).toBe(true);
    expect(hears('caller', false, 'agent') || hears('agent', false, 'caller')).toBe(false);
    expect(hears('both', true, 'supervisor')).toBe(false);
  });
});

function set(change: Partial<SoundDeps> = {}) {
  const did: string[] = [];
  const lines: SoundReader[] = [];
  let microphone: MicrophoneReader | undefined;
  const sound = new CallSound('call_1', {
    ticket: async () => `t${lines.length + 1}`,
    openSound: (call, ticket, reader) => {
      did.push(`line ${call} ${ticket}`);
      lines.push(reader);
      return {
        send: (timeMs, frame) => did.push(`sent ${timeMs} ${frame.length}`),
        drop: () => did.push('drop'),
      };
    },
    openSpeaker: async () => ({
      play: (voice, frame) => did.push(`play ${voice} ${frame.length}`),
      clear: () => did.push('clear'),
      channel: (channel) => did.push(`channel ${channel}`),
      volume: (volume) => did.push(`volume ${volume}`),
      speaking: (on) => did.push(`speaking ${on}`),
      latencyMs: () => 20,
      close: () => did.push('quiet'),
    }),
    openMicrophone: async (reader, device) => {
      did.push(`microphone ${device ?? 'any'}`);
      microphone = reader;
      return { mute: (on) => did.push(`mute ${on}`), close: () => did.push('microphone off') };
    },
    wait: async () => undefined,
    ...change,
  });
  const state = () => sound.store.getState();
  const line = () => {
    const newest = lines.at(-1);
    if (!newest) throw new Error('no line');
    return newest;
  };
  return { sound, did, state, line, lines, microphone: () => microphone as MicrophoneReader };
}

const settled = () => new Promise((done) => setTimeout(done));

describe('the sound of a call', () => {
  it('is opened by a press, without a microphone, and plays what comes', async () => {
    const { sound, did, state, line } = set();
    expect(state().phase).toBe('off');
    sound.setChannel('caller');
    await sound.start();
    expect(state().phase).toBe('opening');
    line().open();
    expect(state().phase).toBe('live');
    line().sound('agent', ms(40), 1_000);
    expect(did).toEqual(['channel caller', 'volume 1', 'line call_1 t1', 'play agent 320']);
    sound.stop();
    expect(did.slice(4)).toEqual(['speaking false', 'drop', 'quiet']);
    line().sound('agent', ms(40), 1_040);
    expect(did).toHaveLength(7);
  });

  it('sends no frame before the takeover is applied, nor after it', async () => {
    const { sound, did, state, line, microphone } = set();
    await sound.start();
    line().open();
    expect(await sound.openMicrophone('mic-2')).toBe(true);
    const sent = () => did.filter((each) => each.startsWith('sent'));
    microphone().onSound(ms(20));
    microphone().onLevel(0.5);
    expect(sent()).toEqual([]);
    expect(sound.levels.you).toBe(0.5);
    sound.speak(true);
    microphone().onSound(ms(20));
    microphone().onSound(ms(20));
    expect(sent()).toEqual(['sent 0 160', 'sent 20 160']);
    sound.mute(true);
    expect(state()).toMatchObject({ speaking: true, muted: true });
    sound.closeMicrophone();
    microphone().onSound(ms(20));
    expect(sent()).toHaveLength(2);
    expect(state()).toMatchObject({ phase: 'live', microphone: 'closed', speaking: false, muted: false });
    sound.speak(true);
    expect(state().speaking).toBe(false);
  });

  it('says why there is no microphone, and goes on listening', async () => {
    const refuse = async () => {
      throw new NoMicrophone('denied');
    };
    const { sound, state, line } = set({ openMicrophone: refuse });
    await sound.start();
    line().open();
    expect(await sound.openMicrophone()).toBe(false);
    expect(state()).toMatchObject({ phase: 'live', microphone: 'closed', fault: 'denied' });
  });

  it('lets go of a microphone that goes away', async () => {
    const { sound, state, microphone } = set();
    await sound.openMicrophone();
    microphone().onLost();
    expect(state()).toMatchObject({ microphone: 'closed', fault: 'lost', speaking: false });
  });

  it('comes back with another ticket, and speaks on', async () => {
    const { sound, did, state, line, lines, microphone } = set();
    await sound.start();
    line().open();
    await sound.openMicrophone();
    sound.speak(true);
    const first = line();
    first.closed(1006);
    expect(state().phase).toBe('reconnecting');
    await settled();
    expect(lines).toHaveLength(2);
    line().open();
    microphone().onSound(ms(20));
    expect(state()).toMatchObject({ phase: 'live', speaking: true });
    expect(did.filter((each) => each.startsWith('line'))).toEqual(['line call_1 t1', 'line call_1 t2']);
    expect(did.at(-1)).toBe('sent 0 160');
    first.closed(1006);
    await settled();
    expect(lines).toHaveLength(2);
  });

  it('ends with the call, and with the rights', async () => {
    const ended = set();
    await ended.sound.start();
    ended.line().closed(1000);
    expect(ended.state().phase).toBe('ended');
    const refused = set();
    await refused.sound.start();
    refused.line().closed(4401);
    expect(refused.state().phase).toBe('refused');
    const problem = (status: number, code: string) => async () => {
      throw new ApiProblem(status, { code });
    };
    const cases = [
      [403, 'forbidden', 'refused'],
      [404, 'not_found', 'ended'],
      [409, 'call_ended', 'ended'],
      [409, 'cannot_listen', 'failed'],
      [503, 'unavailable', 'failed'],
    ] as const;
    for (const [status, code, phase] of cases) {
      const { sound, state } = set({ ticket: problem(status, code) });
      await sound.start();
      expect(state().phase, code).toBe(phase);
    }
  });
});
