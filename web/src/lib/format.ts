// Times, money and numbers as people read them. One formatter each, shared by all rows.
import { i18n } from './i18n';

const locale = typeof navigator === 'undefined' ? 'en' : navigator.language || 'en';

const digits = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const clock = new Intl.DateTimeFormat(locale, { ...digits, second: '2-digit' });
const hour = new Intl.DateTimeFormat(locale, digits);
const moment = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  ...digits,
});
const momentAndYear = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  ...digits,
});
const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const dayAndYear = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 });
const moneys = new Map<string, Intl.NumberFormat>();

export const clockTime = (at: string | number) => clock.format(new Date(at));
export const shortTime = (at: string | number) => hour.format(new Date(at));
/** With its year, where that is another than ours. */
export function dateTime(at: string | number): string {
  const when = new Date(at);
  return (when.getFullYear() === new Date().getFullYear() ? moment : momentAndYear).format(when);
}
export const dateOnly = (at: string | number) => date.format(new Date(at));
/** A day of an account, `2026-11-21`, never moved by the reader's time zone. */
export const dayOf = (text: string) => day.format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
/** The same with its year. */
export const dayWithYear = (text: string) => dayAndYear.format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
export const amountOf = (value: string | number) => plain.format(Number(value));

/** Money of small things keeps its small digits: a call of $0.0042 is not free. */
export function money({ amount, currency }: { amount: string; currency: string }): string {
  const value = Number(amount);
  if (value !== 0 && Math.abs(value) < 0.0001) return `< ${money({ amount: '0.0001', currency })}`;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  const key = `${currency}${digits}`;
  let format = moneys.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      minimumFractionDigits: 2,
      maximumFractionDigits: digits,
    });
    moneys.set(key, format);
  }
  return format.format(value);
}

/** `03:12`, `1:03:12`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor((seconds % 3_600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** What is left of a longer time: `6 d 23 h`; of less than two days as a clock. */
export function timeLeft(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  return hours < 48 ? duration(ms) : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function milliseconds(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function bytes(size: number): string {
  if (size < 1_024) return `${size} B`;
  if (size < 1_048_576) return `${(size / 1_024).toFixed(1)} KiB`;
  return `${(size / 1_048_576).toFixed(1)} MiB`;
}

// Country codes have one, two or three digits; the first digits say how many.
const countries = /^\+([17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d+)$/;

/** `+14155550134` as `+1 415 555 0134`; other countries in groups that keep the digits readable; `web…` by its name. */
export function phone(e164: string): string {
  if (e164 === 'web' || e164.startsWith('web:')) return i18n.t('browser');
  if (!/^\+\d{7,15}$/.test(e164)) return e164;
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164);
  if (us) return `+1 ${us[1]} ${us[2]} ${us[3]}`;
  const india = /^\+91(\d{5})(\d{5})$/.exec(e164);
  if (india) return `+91 ${india[1]} ${india[2]}`;
  const [, country = '', rest = ''] = countries.exec(e164) ?? [];
  return `+${country} ${rest.replace(/(\d{3})(?=\d{2})/g, '$1 ')}`;
}

const languages = new Intl.DisplayNames([locale, 'en'], { type: 'language', fallback: 'code' });

/** `Spanish` for `es-US`; what nobody has a name for stays as it is. */
export function languageName(tag: string): string {
  const [primary = tag] = tag.split(/[-_]/);
  try {
    return languages.of(primary) ?? tag;
  } catch {
    return tag;
  }
}
