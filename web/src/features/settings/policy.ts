// The outbound policy as its form has it.
import { api, body } from '@/api/client';
import type { DoNotCall, OutboundPolicy, PolicyPatch, TenantSettings } from '@/api/types';

export interface PolicyValues {
  home: string;
  countries: readonly string[];
  areaCodes: string;
  prefixes: string;
  from: string;
  to: string;
  dailyCalls: string;
  perNumber: string;
  dailySpend: string;
  atOnce: string;
  minutes: string;
  consent: OutboundPolicy['consent'];
  nationalList: OutboundPolicy['national_list'];
  optOutKey: string;
}

export function valuesOf(policy: OutboundPolicy): PolicyValues {
  return {
    home: policy.home_country,
    countries: policy.countries,
    areaCodes: policy.area_codes.join(', '),
    prefixes: policy.denied_prefixes.join(', '),
    from: policy.calling_hours.from,
    to: policy.calling_hours.to,
    dailyCalls: String(policy.daily_calls),
    perNumber: String(policy.daily_calls_per_number),
    dailySpend: policy.daily_spend,
    atOnce: String(policy.concurrent_calls),
    minutes: String(policy.max_call_minutes),
    consent: policy.consent,
    nationalList: policy.national_list,
    optOutKey: policy.opt_out_key,
  };
}

const listOf = (text: string) => text.split(/[\s,;]+/).filter(Boolean);
const isFigure = (text: string) => /^\d{1,6}$/.test(text.trim());

const figures = ['dailyCalls', 'perNumber', 'atOnce', 'minutes'] as const satisfies (keyof PolicyValues)[];
export type Figure = (typeof figures)[number];

/** The caps that are no whole numbers: they are not sent, or an empty field would forbid every call. */
export function wrongFigures(values: PolicyValues): Figure[] {
  return figures.filter((name) => !isFigure(values[name]));
}

function sent(values: PolicyValues): PolicyPatch {
  return {
    home_country: values.home,
    countries: [...values.countries].sort(),
    area_codes: listOf(values.areaCodes),
    denied_prefixes: listOf(values.prefixes),
    calling_hours: { from: values.from, to: values.to === '00:00' ? '24:00' : values.to },
    daily_calls: Number(values.dailyCalls),
    daily_calls_per_number: Number(values.perNumber),
    daily_spend: values.dailySpend.trim(),
    concurrent_calls: Number(values.atOnce),
    max_call_minutes: Number(values.minutes),
    consent: values.consent,
    national_list: values.nationalList,
    opt_out_key: values.optOutKey.trim(),
  };
}

/** What differs from the policy in force. */
export function changeOf(before: OutboundPolicy, values: PolicyValues): PolicyPatch {
  const was: Record<string, unknown> = sent(valuesOf(before));
  const change = Object.entries(sent(values)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]),
  );
  return Object.fromEntries(change);
}

export async function savePolicy(change: PolicyPatch): Promise<TenantSettings> {
  return body(await api.PATCH('/v1/tenant', { body: { outbound_policy: change } }));
}

export async function listDoNotCall(cursor: string | undefined, signal: AbortSignal) {
  return body(await api.GET('/v1/do_not_call', { params: { query: { limit: 50, cursor } }, signal }));
}

export async function addDoNotCall(e164: string, reason: string): Promise<DoNotCall> {
  return body(await api.POST('/v1/do_not_call', { body: { e164, ...(reason ? { reason } : {}) } }));
}

export async function removeDoNotCall(id: string): Promise<void> {
  await api.DELETE('/v1/do_not_call/{id}', { params: { path: { id } } });
}
