// What the agent did by itself, in words, and why something of it was not done.
import type { Line } from '@/live/wire';
import type { Words } from './act_words';

const plain = [
  'press',
  'transfer',
  'end_call',
  'request_user',
  'start_recording',
  'pause_recording',
  'resume_recording',
  'stop_recording',
] as const;
const refusals = [
  'malformed',
  'too_many_commands',
  'call_is_ending',
  'channel_cannot_press',
  'pressed_already',
  'not_recorded',
  'target_not_allowed',
  'channel_cannot_transfer',
  'transfer_in_progress',
  'transfer_already_done',
  'question_already_open',
  'too_many_questions',
  'not_approved',
  'reply_cancelled',
] as const;

export function commandWords({ command, argument }: Line<'command'>, t: Words): string {
  const known = plain.find((each) => each === command);
  return known ? t(`command.${known}`, { argument }) : t('command.other', { command, argument });
}

/** A code that is not known here is shown as it came. */
export function refusalWords({ refusal = '' }: Line<'command'>, t: Words): string {
  const known = refusals.find((each) => each === refusal);
  return known ? t(`command.refusal.${known}`) : refusal;
}
