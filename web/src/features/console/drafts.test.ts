import { afterEach, describe, expect, it } from 'vitest';
import { draftStore, forgetDrafts, keepDraft } from './drafts';

const of = (call: string) => draftStore.getState().calls.get(call);

afterEach(() => draftStore.setState({ calls: new Map() }));

describe('words that are not sent yet', () => {
  it('are kept by call and field, and forgotten one by one', () => {
    keepDraft('call_1', 'say', 'Thurs');
    keepDraft('call_1', 'note', '');
    keepDraft('call_2', 'say', 'Mon');
    expect(of('call_1')).toEqual({ say: 'Thurs', note: '' });
    keepDraft('call_1', 'note', null);
    expect(of('call_1')).toEqual({ say: 'Thurs' });
    keepDraft('call_1', 'say', null);
    expect(of('call_1')).toBeUndefined();
    forgetDrafts('call_2');
    expect(draftStore.getState().calls.size).toBe(0);
  });

  it('are of few calls and fields, and the newest of them', () => {
    for (let at = 0; at < 30; at += 1) keepDraft(`call_${at}`, 'say', 'a');
    expect(draftStore.getState().calls.size).toBe(20);
    expect(of('call_9')).toBeUndefined();
    expect(of('call_29')).toEqual({ say: 'a' });
    for (let at = 0; at < 30; at += 1) keepDraft('call_29', `field ${at}`, 'a'.repeat(2_000));
    expect(Object.keys(of('call_29') ?? {})).toHaveLength(12);
    expect(of('call_29')?.['field 29']).toHaveLength(1_000);
  });
});
