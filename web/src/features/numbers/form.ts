// The values of the form of a number: how they come from the API and how they go back.
import type { AfterHours, BusinessHours, CallerPolicy, NumberPatch, PhoneNumber } from '@/api/types';
import { type ChosenEngine, isChosen } from '@/engines/engines';
import { type DifferentDay, days, differentDay, office, type WeekTimes } from '@/ui/Week';

export const policies = ['open', 'known_contacts', 'premium_contacts'] as const satisfies CallerPolicy[];
export const afterActions = ['message', 'personality', 'forward'] as const satisfies AfterHours['action'][];
export const recordings = [
  'off',
  'on_demand',
  'always',
] as const satisfies PhoneNumber['recording']['mode'][];
export const consents = ['announce', 'ask', 'off'] as const satisfies PhoneNumber['recording']['consent'][];

export interface NumberValues {
  label: string;
  personality: string;
  engine: ChosenEngine;
  policy: CallerPolicy;
  unknownMessage: string;
  notPremiumMessage: string;
  /** Open at all times; the times below are kept for when they are wanted. */
  always: boolean;
  zone: string;
  week: WeekTimes;
  different: DifferentDay[];
  after: { action: AfterHours['action']; message: string; personality: string; forward: string };
  recording: PhoneNumber['recording']['mode'];
  consent: PhoneNumber['recording']['consent'];
  notice: string;
  busyMessage: string;
  overflow: string;
  fallback: string;
}

const workdays: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri'];

function officeWeek(): WeekTimes {
  const times = days.map((day) => [day, workdays.includes(day) ? [{ ...office }] : []]);
  return Object.fromEntries(times) as WeekTimes;
}

export function valuesOf(number: PhoneNumber, homeZone: string): NumberValues {
  const { hours, after_hours: after } = number;
  return {
    label: number.label,
    personality: number.personality?.id ?? '',
    engine: isChosen(number.engine) ? number.engine : 'relay',
    policy: number.caller_policy,
    unknownMessage: number.unknown_caller_message,
    notPremiumMessage: number.not_premium_message,
    always: !hours,
    zone: hours?.time_zone ?? homeZone,
    week: hours ? weekOf(hours) : officeWeek(),
    different: hours?.exceptions?.map((day) => differentDay({ ...blankDay, ...day })) ?? [],
    after: {
      action: after?.action ?? 'message',
      message: after?.message ?? '',
      personality: after?.personality_id ?? '',
      forward: after?.forward_e164 ?? '',
    },
    recording: number.recording.mode,
    consent: number.recording.consent,
    notice: number.recording.notice,
    busyMessage: number.busy_message,
    overflow: number.overflow_e164 ?? '',
    fallback: number.fallback_e164 ?? '',
  };
}

const blankDay = { date: '', label: '', intervals: [] };

function weekOf({ weekly }: BusinessHours): WeekTimes {
  return Object.fromEntries(days.map((day) => [day, weekly[day] ?? []])) as WeekTimes;
}

/** What differs from what the server has, as it takes it. */
export function changeOf(before: PhoneNumber, values: NumberValues, homeZone: string): NumberPatch {
  const was: Record<string, unknown> = sent(valuesOf(before, homeZone));
  const change = Object.entries(sent(values)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]),
  );
  return Object.fromEntries(change);
}

function sent(values: NumberValues): NumberPatch {
  const { after } = values;
  return {
    label: values.label.trim(),
    ...(values.personality ? { personality_id: values.personality } : {}),
    engine: values.engine,
    caller_policy: values.policy,
    unknown_caller_message: values.unknownMessage.trim(),
    not_premium_message: values.notPremiumMessage.trim(),
    hours: values.always
      ? null
      : {
          time_zone: values.zone.trim(),
          weekly: values.week,
          exceptions: values.different.map(({ date, label, intervals }) => ({
            date,
            label: label.trim(),
            intervals,
          })),
        },
    after_hours: {
      action: after.action,
      message: after.message.trim(),
      personality_id: after.action === 'personality' && after.personality ? after.personality : null,
      forward_e164: after.action === 'forward' && after.forward.trim() ? after.forward.trim() : null,
    },
    recording: { mode: values.recording, consent: values.consent, notice: values.notice.trim() },
    busy_message: values.busyMessage.trim(),
    overflow_e164: values.overflow.trim(),
    fallback_e164: values.fallback.trim(),
  };
}
