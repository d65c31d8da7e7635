// Times of the week, day by day, and the days that are different.
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import { FieldFault, TextField } from './Field';

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof days)[number];

export interface Interval {
  from: string;
  to: string;
}

export type WeekTimes = Record<Day, Interval[]>;

export const office: Interval = { from: '09:00', to: '17:00' };

type FaultOf = (path: string) => string | undefined;

const timeBox =
  'h-9 rounded border border-line-strong bg-surface px-1.5 font-mono text-xs text-ink hover:border-ink-3 aria-invalid:border-danger';

/** Midnight at the end of a day is written 24:00; a clock shows it as 00:00. */
export const onClock = (time: string) => (time === '24:00' ? '00:00' : time);
const ofClock = (time: string) => (time === '00:00' ? '24:00' : time);

export function WeekEditor({
  week,
  faultOf,
  onChange,
}: {
  week: WeekTimes;
  /** What is wrong at `weekly.mon[0]` and the like. */
  faultOf: FaultOf;
  onChange: (week: WeekTimes) => void;
}) {
  const { t } = useTranslation();
  const first = days.find((day) => week[day].length > 0);
  const workdays = first && { mon: 0, tue: 0, wed: 0, thu: 0, fri: 0 };
  return (
    <div className="grid gap-1">
      {days.map((day) => (
        <div
          key={day}
          className="grid grid-cols-[72px_minmax(0,1fr)] items-start gap-2 border-b sm:grid-cols-[88px_minmax(0,1fr)] sm:gap-3 border-line py-1.5 last:border-b-0"
        >
          <span className="flex min-h-9 items-center text-sm">{t(`day.${day}`)}</span>
          <Times
            name={t(`day.${day}`)}
            times={week[day]}
            faultOf={(at) => faultOf(`weekly.${day}[${at}]`)}
            fault={faultOf(`weekly.${day}`)}
            onChange={(times) => onChange({ ...week, [day]: times })}
          />
        </div>
      ))}
      {workdays && (
        <div>
          <Button
            size="small"
            onClick={() =>
              onChange({
                ...week,
                ...Object.fromEntries(Object.keys(workdays).map((day) => [day, week[first]])),
              })
            }
          >
            {t('week.copy', { day: t(`day.${first}`) })}
          </Button>
        </div>
      )}
    </div>
  );
}

export function Times({
  name,
  times,
  faultOf,
  fault,
  onChange,
}: {
  /** The day that they are of. */
  name: string;
  times: readonly Interval[];
  faultOf: (at: number) => string | undefined;
  fault?: string | undefined;
  onChange: (times: Interval[]) => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  const change = (at: number, to: Partial<Interval>) =>
    onChange(times.map((each, place) => (place === at ? { ...each, ...to } : each)));
  const rows = times.map((each, at) => ({ ...each, at, key: `${id}-${at}` }));
  const add = (
    <Button
      size="small"
      kind="quiet"
      aria-label={t('week.addOn', { day: name })}
      onClick={() => onChange([...times, { ...office }])}
    >
      {t('week.add')}
    </Button>
  );
  return (
    <div className="grid gap-1.5">
      {rows.map(({ from, to, at, key }) => {
        const wrong = faultOf(at);
        const told = wrong ? `${key}-error` : undefined;
        return (
          <div key={key} className="grid gap-1">
            <div className="flex flex-wrap items-center gap-x-1.5 gap-y-1 sm:gap-x-2">
              <input
                type="time"
                required
                aria-label={t('week.from', { day: name })}
                aria-invalid={wrong ? true : undefined}
                aria-describedby={told}
                className={timeBox}
                value={from}
                onChange={(event) => change(at, { from: event.target.value })}
              />
              <span aria-hidden="true">–</span>
              <input
                type="time"
                required
                aria-label={t('week.to', { day: name })}
                aria-invalid={wrong ? true : undefined}
                aria-describedby={told}
                className={timeBox}
                value={onClock(to)}
                onChange={(event) => change(at, { to: ofClock(event.target.value) })}
              />
              <Button
                size="little"
                kind="quiet"
                aria-label={t('week.remove', { day: name, from })}
                onClick={() => onChange(times.filter((_, place) => place !== at))}
              >
                ×
              </Button>
              {at === times.length - 1 && add}
            </div>
            <FieldFault id={`${key}-error`} text={wrong} />
          </div>
        );
      })}
      {times.length === 0 && (
        <div className="flex min-h-9 flex-wrap items-center gap-3">
          <span className="text-sm text-ink-3">{t('week.closed')}</span>
          {add}
        </div>
      )}
      <FieldFault id={`${id}-error`} text={fault} />
    </div>
  );
}

export interface DifferentDay {
  key: string;
  date: string;
  label: string;
  intervals: Interval[];
}

let made = 0;

export function differentDay(of: Omit<DifferentDay, 'key'>): DifferentDay {
  made += 1;
  return { ...of, key: `day ${made}` };
}

export function DifferentDays({
  list,
  faultOf,
  onChange,
}: {
  list: readonly DifferentDay[];
  /** What is wrong at `exceptions[0].date` and the like. */
  faultOf: FaultOf;
  onChange: (list: DifferentDay[]) => void;
}) {
  const { t } = useTranslation();
  const change = (key: string, to: Partial<DifferentDay>) =>
    onChange(list.map((each) => (each.key === key ? { ...each, ...to } : each)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium text-ink-2">{t('week.different')}</legend>
      <p className="text-xs text-ink-3">{t('week.differentHint')}</p>
      {list.map((each, at) => (
        <div key={each.key} className="grid items-start gap-1.5 border-b border-line pb-2">
          <div className="grid grid-cols-[144px_minmax(0,1fr)_36px] items-start gap-2">
            <TextField
              label={t('week.date')}
              hideLabel
              type="date"
              required
              value={each.date}
              error={faultOf(`exceptions[${at}].date`)}
              onChange={(event) => change(each.key, { date: event.target.value })}
            />
            <TextField
              label={t('week.label')}
              hideLabel
              placeholder={t('week.label')}
              maxLength={64}
              value={each.label}
              error={faultOf(`exceptions[${at}].label`)}
              onChange={(event) => change(each.key, { label: event.target.value })}
            />
            <Button
              size="square"
              kind="quiet"
              aria-label={t('week.removeDay', { day: each.label || each.date })}
              onClick={() => onChange(list.filter(({ key }) => key !== each.key))}
            >
              ×
            </Button>
          </div>
          <Times
            name={each.label || each.date || t('week.thisDay')}
            times={each.intervals}
            faultOf={(place) => faultOf(`exceptions[${at}].intervals[${place}]`)}
            fault={faultOf(`exceptions[${at}].intervals`)}
            onChange={(intervals) => change(each.key, { intervals })}
          />
        </div>
      ))}
      <div>
        <Button
          size="small"
          onClick={() => onChange([...list, differentDay({ date: '', label: '', intervals: [] })])}
        >
          {t('week.addDay')}
        </Button>
      </div>
    </fieldset>
  );
}
