//! Business hours: weekly times with exceptions, in a time zone. Local time is used here and nowhere else.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Timelike as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Faults;

/// Times of one day.
const MAX_INTERVALS: usize = 8;
/// Days that are different.
const MAX_EXCEPTIONS: usize = 200;
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// When somebody is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// IANA name of the time zone.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// Times of each day of the week; a day without any is closed.
    pub weekly: Week,
    /// Days that are different.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub exceptions: Vec<Exception>,
}

/// The days of a week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Week {
    /// Monday.
    pub mon: Vec<Interval>,
    /// Tuesday.
    pub tue: Vec<Interval>,
    /// Wednesday.
    pub wed: Vec<Interval>,
    /// Thursday.
    pub thu: Vec<Interval>,
    /// Friday.
    pub fri: Vec<Interval>,
    /// Saturday.
    pub sat: Vec<Interval>,
    /// Sunday.
    pub sun: Vec<Interval>,
}

/// From a time until before another. One that does not end later than it begins ends on the next day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Hour and minute, `09:00`.
    #[schema(example = "09:00")]
    pub from: String,
    /// Hour and minute, at the most `24:00`.
    #[schema(example = "17:30")]
    pub to: String,
}

/// One day that is different from its day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which day.
    pub date: NaiveDate,
    /// Its times; none is a day when nobody is there.
    #[serde(default)]
    pub intervals: Vec<Interval>,
    /// What day it is.
    #[serde(default)]
    pub label: String,
}

impl BusinessHours {
    /// Notes everything that is not acceptable, under `param`.
    pub fn check(&self, faults: &mut Faults, param: &str) {
        if self.time_zone.parse::<Tz>().is_err() {
            faults.add(
                format!("{param}.time_zone"),
                "unknown_time_zone",
                "is not the name of a time zone, like Europe/Berlin",
            );
        }
        for (day, intervals) in self.weekly.days() {
            check_day(faults, &format!("{param}.weekly.{day}"), intervals);
        }
        if self.exceptions.len() > MAX_EXCEPTIONS {
            faults.add(
                format!("{param}.exceptions"),
                "too_many",
                format!("may be at most {MAX_EXCEPTIONS}"),
            );
        }
        for (at, exception) in self.exceptions.iter().take(MAX_EXCEPTIONS).enumerate() {
            let place = format!("{param}.exceptions[{at}]");
            check_day(faults, &format!("{place}.intervals"), &exception.intervals);
            faults.line(&format!("{place}.label"), &exception.label, 0, 64);
            let again = self.exceptions[..at]
                .iter()
                .any(|other| other.date == exception.date);
            if again {
                faults.add(format!("{place}.date"), "duplicate", "is there twice");
            }
        }
    }

    /// Whether somebody is there at a moment. A time zone that does not exist is never closed.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        let Ok(zone) = self.time_zone.parse::<Tz>() else {
            return true;
        };
        let local = at.with_timezone(&zone).naive_local();
        let minute = minute_of(local.time());
        let today = self.on(local.date());
        let yesterday = local.date().checked_sub_days(Days::new(1));
        let since_yesterday = yesterday.is_some_and(|date| {
            let mut nights = self.on(date).iter().filter_map(Interval::minutes);
            nights.any(|(from, to)| to <= from && minute < to)
        });
        let opened_today = today.iter().filter_map(Interval::minutes).any(|(from, to)| {
            let until = if to <= from { DAY } else { to };
            (from..until).contains(&minute)
        });
        since_yesterday || opened_today
    }

    /// The times of a day.
    fn on(&self, date: NaiveDate) -> &[Interval] {
        match self.exceptions.iter().find(|exception| exception.date == date) {
            Some(exception) => &exception.intervals,
            None => self.weekly.on(date.weekday()),
        }
    }
}

impl Week {
    fn days(&self) -> [(&'static str, &[Interval]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }

    fn on(&self, day: Weekday) -> &[Interval] {
        match day {
            Weekday::Mon => &self.mon,
            Weekday::Tue => &self.tue,
            Weekday::Wed => &self.wed,
            Weekday::Thu => &self.thu,
            Weekday::Fri => &self.fri,
            Weekday::Sat => &self.sat,
            Weekday::Sun => &self.sun,
        }
    }
}

impl Interval {
    /// Minutes of the day at which it begins and ends.
    fn minutes(&self) -> Option<(u16, u16)> {
        let from = minute(&self.from).filter(|from| *from < DAY)?;
        Some((from, minute(&self.to)?))
    }
}

/// Reads `HH:MM`, up to `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= DAY).then_some(total)
}

fn minute_of(time: NaiveTime) -> u16 {
    u16::try_from(time.hour() * 60 + time.minute()).unwrap_or(0)
}

fn check_day(faults: &mut Faults, param: &str, intervals: &[Interval]) {
    if intervals.len() > MAX_INTERVALS {
        faults.add(
            param,
            "too_many",
            format!("may be at most {MAX_INTERVALS} times of a day"),
        );
        return;
    }
    let mut taken: Vec<(u16, u16)> = Vec::new();
    for (at, interval) in intervals.iter().enumerate() {
        let place = format!("{param}[{at}]");
        let Some((from, to)) = interval.minutes() else {
            faults.add(
                place,
                "not_a_time",
                "must be hours and minutes, like 09:00 and 17:30",
            );
            continue;
        };
        if from == to {
            faults.add(place, "empty", "begins and ends at the same time");
            continue;
        }
        let until = if to < from { DAY } else { to };
        if taken.iter().any(|(begin, end)| from < *end && *begin < until) {
            faults.add(place, "overlap", "lies within another time of this day");
        }
        taken.push((from, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(from: &str, to: &str) -> Interval {
        Interval {
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    fn office(zone: &str) -> BusinessHours {
        let day = vec![interval("09:00", "12:00"), interval("13:00", "17:30")];
        BusinessHours {
            time_zone: zone.to_owned(),
            weekly: Week {
                mon: day.clone(),
                tue: day.clone(),
                wed: day.clone(),
                thu: day.clone(),
                fri: day,
                ..Week::default()
            },
            exceptions: vec![Exception {
                date: NaiveDate::from_ymd_opt(2026, 12, 25).unwrap(),
                intervals: Vec::new(),
                label: "Christmas".to_owned(),
            }],
        }
    }

    #[track_caller]
    fn at(hours: &BusinessHours, utc: &str, open: bool) {
        let moment: DateTime<Utc> = utc.parse().unwrap();
        assert_eq!(hours.is_open(moment), open, "{utc}");
    }

    #[test]
    fn the_week_is_read_in_its_own_time_zone() {
        let berlin = office("Europe/Berlin");
        at(&berlin, "2026-11-23T08:00:00Z", true);
        at(&berlin, "2026-11-23T07:59:59Z", false);
        at(&berlin, "2026-11-23T11:30:00Z", false);
        at(&berlin, "2026-11-23T16:29:59Z", true);
        at(&berlin, "2026-11-23T16:30:00Z", false);
        at(&berlin, "2026-11-22T10:00:00Z", false);
        let india = office("Asia/Kolkata");
        at(&india, "2026-11-23T03:30:00Z", true);
        at(&india, "2026-11-23T03:29:00Z", false);
        // Monday morning there, Sunday evening in Greenwich.
        at(&office("Pacific/Auckland"), "2026-11-22T20:30:00Z", true);
    }

    #[test]
    fn clocks_that_are_put_forward_and_back_keep_the_times_of_the_wall() {
        let york = office("America/New_York");
        at(&york, "2026-03-06T14:00:00Z", true);
        at(&york, "2026-03-09T13:00:00Z", true);
        at(&york, "2026-03-06T13:30:00Z", false);
        at(&york, "2026-11-02T14:00:00Z", true);
        at(&york, "2026-10-30T13:00:00Z", true);
    }

    #[test]
    fn a_day_that_is_different_replaces_its_weekday() {
        let mut hours = office("UTC");
        at(&hours, "2026-12-25T10:00:00Z", false);
        hours.exceptions[0].intervals = vec![interval("10:00", "11:00")];
        at(&hours, "2026-12-25T10:30:00Z", true);
        at(&hours, "2026-12-25T14:00:00Z", false);
    }

    #[test]
    fn a_night_belongs_to_the_day_it_begins_on() {
        let hours = BusinessHours {
            time_zone: "UTC".to_owned(),
            weekly: Week {
                fri: vec![interval("22:00", "02:00")],
                ..Week::default()
            },
            exceptions: Vec::new(),
        };
        at(&hours, "2026-11-27T21:59:00Z", false);
        at(&hours, "2026-11-27T23:00:00Z", true);
        at(&hours, "2026-11-28T01:59:00Z", true);
        at(&hours, "2026-11-28T02:00:00Z", false);
        at(&hours, "2026-11-27T01:00:00Z", false);
    }

    #[test]
    fn a_whole_day_is_from_midnight_to_midnight() {
        let hours = BusinessHours {
            time_zone: "UTC".to_owned(),
            weekly: Week {
                sun: vec![interval("00:00", "24:00")],
                ..Week::default()
            },
            exceptions: Vec::new(),
        };
        at(&hours, "2026-11-22T00:00:00Z", true);
        at(&hours, "2026-11-22T23:59:59Z", true);
        at(&hours, "2026-11-23T00:00:00Z", false);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut hours = office("Mars/Olympus");
        hours.weekly.mon = vec![interval("9:00", "17:00"), interval("09:00", "25:00")];
        hours.weekly.tue = vec![interval("09:00", "12:00"), interval("11:00", "13:00")];
        hours.weekly.wed = vec![interval("09:00", "09:00")];
        hours.exceptions.push(hours.exceptions[0].clone());
        let mut faults = Faults::new();
        hours.check(&mut faults, "hours");
        let error = faults.finish().unwrap_err();
        let found: Vec<(&str, &str)> = error
            .fields()
            .iter()
            .map(|field| (field.param.as_str(), field.code.as_ref()))
            .collect();
        assert_eq!(
            found,
            [
                ("hours.time_zone", "unknown_time_zone"),
                ("hours.weekly.mon[0]", "not_a_time"),
                ("hours.weekly.mon[1]", "not_a_time"),
                ("hours.weekly.tue[1]", "overlap"),
                ("hours.weekly.wed[0]", "empty"),
                ("hours.exceptions[1].date", "duplicate"),
            ]
        );
    }
}
