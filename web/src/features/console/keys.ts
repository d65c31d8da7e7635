// The keys of the console. Single letters; none of them alone ends or transfers a call.
import { useNavigate } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useKeys } from '@/lib/keys';
import { isWaiting, sortByNeed } from '@/live/attention';
import { wall } from '@/live/live';
import { isListening } from '@/supervision/desk';
import { desk } from '@/supervision/the_desk';
import type { TranscriptHandle } from '@/transcript/Transcript';
import { type Here, isFree } from './here';
import { undoLast } from './undo';

interface Extra {
  transcript: RefObject<TranscriptHandle | null>;
  setMode: (mode: 'verbatim' | 'guidance') => void;
  /** Brings the talk or the cards to the front, where only one of them is seen. */
  show: (part: 'talk' | 'cards') => void;
}

const find = (selector: string) => document.querySelector<HTMLElement>(selector);

export function useConsoleKeys(here: Here, { transcript, setMode, show }: Extra): void {
  const navigate = useNavigate();
  const { call, live, self, can, over, spokenBy, abilities, act, open } = here;
  const free = isFree(here);
  /** What was put away is there a moment later. */
  const focus = (part: 'talk' | 'cards', selector: string) => {
    show(part);
    requestAnimationFrame(() => find(selector)?.focus());
  };
  const say = (mode: 'verbatim' | 'guidance') => {
    setMode(mode);
    focus('talk', '[data-say]');
  };
  useKeys({
    ']': () => {
      const others = Object.values(wall.store.getState().lines);
      const [next] = sortByNeed(others.filter((line) => isWaiting(line) && line.call.id !== call.id));
      if (next) void navigate({ to: '/live/$call', params: { call: next.call.id } });
    },
    '[': () => void navigate({ to: '/live' }),
    End: () => transcript.current?.toEnd(),
    s: () => say('verbatim'),
    w: () => say('guidance'),
    a: () => focus('cards', '[data-answer]'),
    v: () => focus('cards', '[data-approval-mode]'),
    ';': () => {
      show('talk');
      requestAnimationFrame(() => {
        const field = find('[data-say]') as HTMLInputElement | null;
        if (!field || field.disabled) return;
        field.focus();
        // As if it had been typed, so that the list opens.
        const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
        set?.call(field, ';');
        field.dispatchEvent(new Event('input', { bubbles: true }));
      });
    },
    ...(can.intervene && !over
      ? {
          l: () => {
            if (!abilities.listen) return;
            if (isListening(desk.store.getState(), call.id)) desk.hush();
            else void desk.listen(call.id);
          },
          t: () => {
            if (free && !spokenBy) open('takeover');
          },
          b: () => {
            if (spokenBy?.you) open('handback');
          },
          c: () => {
            if (here.cut || here.heldBy) return;
            act(live.claimed_by?.id === self ? { type: 'release' } : { type: 'claim' });
          },
          h: () => {
            const held = (live.seq > 0 ? live.state : call.state) === 'on_hold';
            if (free) act({ type: held ? 'unhold' : 'hold' });
          },
          n: () => {
            if (!here.cut) open('note');
          },
          d: () => {
            if (free) open('keys');
          },
          x: () => {
            if (free && can.transfer) open('transfer');
          },
          q: () => {
            if (free && can.end) open('end');
          },
          z: () => undoLast(call.id),
        }
      : {}),
  });
}
