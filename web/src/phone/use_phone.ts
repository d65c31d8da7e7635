// The phone of a component: its own, and hung up when it goes.
import { useEffect, useState } from 'react';
import type { StoreApi } from 'zustand/vanilla';
import { api, body } from '@/api/client';
import { openPhoneAudio } from '@/audio/phone_audio';
import { watchCall } from '@/live/live';
import { openLine } from '@/live/phone_line';
import type { CallState } from '@/live/topics';
import { Phone, type PhoneDeps } from './phone';

const deps: PhoneDeps = {
  create: async (party, mode, writer) => {
    const engine = mode === 'text' && writer === 'realtime' ? { engine: writer } : {};
    return body(await api.POST('/v1/web_calls', { body: { ...party, mode, ...engine } }));
  },
  resume: async (id) =>
    body(await api.POST('/v1/ws_tickets', { body: { purpose: 'web_call', call_id: id } })),
  openLine,
  openAudio: openPhoneAudio,
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  now: Date.now,
};

export function usePhone(): Phone {
  const [phone] = useState(() => new Phone(deps));
  useEffect(() => () => phone.close(), [phone]);
  return phone;
}

/** What is said in a call, while there is one. */
export function useTalk(call: string | undefined): StoreApi<CallState> | null {
  const [talk, setTalk] = useState<StoreApi<CallState> | null>(null);
  useEffect(() => {
    if (!call) return;
    const { store, close } = watchCall(call);
    setTalk(store);
    return () => {
      close();
      setTalk(null);
    };
  }, [call]);
  return talk;
}
