// Words that are being typed and not sent yet, by call and field: they outlive another layout, a lost connection and a
// look at another page. In memory only; forgotten when the call is over or the person leaves.
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { onSignedOut } from '@/api/session';

/** More calls than these nobody keeps in mind; the one left longest ago is forgotten. */
const mostCalls = 20;
const mostFields = 12;
const mostChars = 1_000;

type Fields = Readonly<Record<string, string>>;

export const draftStore = createStore<{ calls: ReadonlyMap<string, Fields> }>(() => ({ calls: new Map() }));

/** Null forgets the field; an empty text is a field that was opened. */
export function keepDraft(call: string, field: string, text: string | null): void {
  draftStore.setState(({ calls }) => {
    const { [field]: _, ...others } = calls.get(call) ?? {};
    const next = new Map(calls);
    next.delete(call);
    const kept = Object.entries(others).slice(text === null ? 0 : 1 - mostFields);
    const fields = Object.fromEntries(text === null ? kept : [...kept, [field, text.slice(0, mostChars)]]);
    if (Object.keys(fields).length > 0) next.set(call, fields);
    for (const [oldest] of next) {
      if (next.size <= mostCalls) break;
      next.delete(oldest);
    }
    return { calls: next };
  });
}

export function forgetDrafts(call: string): void {
  draftStore.setState(({ calls }) => {
    if (!calls.has(call)) return {};
    const next = new Map(calls);
    next.delete(call);
    return { calls: next };
  });
}

/** What stands in a field of a call; null when it was never opened, or was sent. */
export function useKept(call: string, field: string): [string | null, (text: string | null) => void] {
  const text = useStore(draftStore, ({ calls }) => calls.get(call)?.[field] ?? null);
  return [text, (next) => keepDraft(call, field, next)];
}

/** The same for a field that is always there. */
export function useDraft(call: string, field: string): [string, (text: string) => void] {
  const [text, keep] = useKept(call, field);
  return [text ?? '', (next) => keep(next || null)];
}

onSignedOut(() => draftStore.setState({ calls: new Map() }));
