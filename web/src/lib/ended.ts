// Why a call ended and who was at its far end: of a call that we made, the other side is no caller.
import type { Call, EndedReason } from '@/api/types';
import { i18n } from './i18n';

type Direction = Call['direction'];

export function reasonWords(reason: EndedReason, direction: Direction | undefined): string {
  if (direction === 'outbound' && (reason === 'caller_hangup' || reason === 'abandoned')) {
    return i18n.t(`endedOut.${reason}`);
  }
  return i18n.t(`ended.${reason}`);
}

export function endedWords({ direction, ended_reason }: Call): string | null {
  return ended_reason ? reasonWords(ended_reason, direction) : null;
}

/** The number of whoever talks with us: who rang, or whom we rang. */
export function farEnd({ direction, from, to }: Pick<Call, 'direction' | 'from' | 'to'>): string {
  return direction === 'outbound' ? to : from;
}

/** Our own number in a call. */
export function nearEnd({ direction, from, to }: Pick<Call, 'direction' | 'from' | 'to'>): string {
  return direction === 'outbound' ? from : to;
}
