import type { TFunction } from 'i18next';
import type { Call } from '@/api/types';

/** Why a call ended, in words; of a call that we made, the other side is no caller. */
export function endedWords(
  { direction, ended_reason: reason }: Call,
  t: TFunction<['calls', 'common']>,
): string | null {
  if (!reason) return null;
  if (direction === 'outbound' && (reason === 'caller_hangup' || reason === 'abandoned')) {
    return t(`endedOut.${reason}`);
  }
  return t(`common:ended.${reason}`);
}
