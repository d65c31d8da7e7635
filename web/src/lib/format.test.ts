import { describe, expect, it } from 'vitest';
import { bytes, dateTime, dayOf, duration, milliseconds, money, phone, timeLeft } from './format';

describe('what people read', () => {
  it('is money with the digits that matter', () => {
    const usd = (amount: string) => money({ amount, currency: 'USD' });
    expect(usd('52.184512')).toBe('$52.18');
    expect(usd('0.0085')).toBe('$0.0085');
    expect(usd('0.07')).toBe('$0.07');
    expect(usd('0.0000156')).toBe('< $0.0001');
    expect(usd('0')).toBe('$0.00');
  });

  it('is a clock that grows an hour when it needs one', () => {
    expect(duration(0)).toBe('00:00');
    expect(duration(192_400)).toBe('03:12');
    expect(duration(3_792_000)).toBe('1:03:12');
    expect(duration(-5)).toBe('00:00');
  });

  it('is a number in groups', () => {
    expect(phone('+14155550134')).toBe('+1 415 555 0134');
    expect(phone('+919876543210')).toBe('+91 98765 43210');
    expect(phone('+442079460958')).toBe('+44 207 946 0958');
    expect(phone('+33142685300')).toBe('+33 142 685 300');
    expect(phone('+35312345678')).toBe('+353 123 456 78');
    expect(phone('anonymous')).toBe('anonymous');
  });

  it('is a size, a wait and a day', () => {
    expect(bytes(900)).toBe('900 B');
    expect(bytes(83_211)).toBe('81.3 KiB');
    expect(milliseconds(640.4)).toBe('640 ms');
    expect(milliseconds(12_340)).toBe('12.3 s');
    expect(dayOf('2026-11-21')).toBe('Nov 21');
  });
});

describe('a moment', () => {
  it('has its year where that is not ours', () => {
    const year = new Date().getFullYear();
    expect(dateTime(`${year}-06-15T12:00:00Z`)).not.toContain(String(year));
    expect(dateTime(`${year - 1}-06-15T12:00:00Z`)).toContain(String(year - 1));
  });
});

describe('what is left of a time', () => {
  it('is a clock, and days where it is long', () => {
    expect(timeLeft(3_599_000)).toBe('59:59');
    expect(timeLeft(47 * 3_600_000)).toBe('47:00:00');
    expect(timeLeft(167.99 * 3_600_000)).toBe('6 d 23 h');
  });
});
