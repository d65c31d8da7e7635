//! A watch over outbound calls: an hour that is out of all proportion to the days before it stops them, and people are
//! told. A person lifts the stop.

use chrono::{DateTime, Utc};
use phony_db::TenantTx;
use phony_db::outbound_policy as policy;
use phony_db::outbound_policy::stops::{self as rows, Hour};
use phony_kernel::{Error, Result, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Policies, TenantSettings, note, settings};
use crate::Principal;
use crate::mail::{Mail, Template};

/// So many hours are looked back.
const HOURS: i32 = 168;
/// An hour of so many times the median is out of all proportion.
const TIMES: f64 = 5.0;
/// A call that ends so soon after its answer is short.
const SHORT_SECONDS: f64 = 10.0;
/// Numbers that are alike in so many characters are of one range.
const PREFIX_CHARS: i32 = 8;
/// Below these nothing is out of proportion, however quiet the days before were. Money in USD.
const LEAST_SPEND: f64 = 20.0;
const LEAST_PREFIXES: f64 = 100.0;
const LEAST_SHORT_SHARE: f64 = 0.5;
/// Admins who are told at the most.
const ADMINS_TOLD: i64 = 20;
/// Answered calls that a share of short ones is told of.
const LEAST_ANSWERED: i64 = 20;

/// What was out of all proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Money of an hour.
    Spend,
    /// Ranges of numbers that were rung in an hour.
    Prefixes,
    /// Share of calls that were over within seconds.
    ShortCalls,
}

impl StopReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Spend => "spend",
            Self::Prefixes => "prefixes",
            Self::ShortCalls => "short_calls",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::Spend, Self::Prefixes, Self::ShortCalls]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }
}

/// Outbound calls are stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundStop {
    /// Since when.
    pub stopped_at: DateTime<Utc>,
    /// What was out of all proportion.
    pub reason: StopReason,
    /// What it was in that hour: USD, ranges, or a share from 0 to 1.
    pub figure: f64,
    /// What it is in an hour as a rule: the median of seven days; none in a first week.
    pub usual: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Figures {
    figure: f64,
    usual: Option<f64>,
}

/// An hour that is out of all proportion.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Alarm {
    reason: StopReason,
    figures: Figures,
}

impl Policies {
    /// Looks at the hour that ends now and stops the calls of a tenant if it is out of all proportion; for the worker.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn watch(&self, tenant: TenantId) -> Result<Option<OutboundStop>> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(tenant).await?;
        let hours = rows::list_hours(&mut tx, now, HOURS, SHORT_SECONDS, PREFIX_CHARS).await?;
        let Some(alarm) = judge(&hours) else {
            return Ok(None);
        };
        policy::lock(&mut tx).await?;
        if let Some(stop) = find_stop(&mut tx).await? {
            return Ok(Some(stop));
        }
        let reason = alarm.reason.as_str();
        let figures = serde_json::to_value(alarm.figures).map_err(Error::internal)?;
        rows::insert(&mut tx, reason, &figures, now).await?;
        let detail = json!({ "reason": reason, "figures": figures });
        note(
            &mut tx,
            "system",
            "outbound.stopped",
            "outbound_policy",
            &detail,
            now,
        )
        .await?;
        for (to, name) in rows::list_admins(&mut tx, ADMINS_TOLD).await? {
            let template = alarm.letter(name);
            let good_until = None;
            self.mails
                .queue(
                    &mut tx,
                    &Mail {
                        to,
                        template,
                        good_until,
                    },
                )
                .await?;
        }
        tx.commit().await?;
        metrics::counter!("phony_outbound_stops_total", "reason" => reason).increment(1);
        tracing::warn!(tenant.id = %tenant, reason, "outbound calls of a tenant are stopped: they look like fraud");
        Ok(Some(alarm.into_stop(now)))
    }

    /// Lets a tenant's agents ring again. What was seen until now is not held against it again.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lift_stop(&self, who: &Principal) -> Result<TenantSettings> {
        let (now, actor) = (self.clock.now(), who.actor().id);
        let mut tx = self.db.tenant(who.tenant).await?;
        policy::lock(&mut tx).await?;
        if rows::lift(&mut tx, &actor, now).await? {
            note(
                &mut tx,
                &actor,
                "outbound.resumed",
                "outbound_policy",
                &json!({}),
                now,
            )
            .await?;
        }
        let settings = settings(&mut tx).await?;
        tx.commit().await?;
        Ok(settings)
    }
}

/// The stop in force, if there is one.
pub(super) async fn find_stop(tx: &mut TenantTx) -> Result<Option<OutboundStop>> {
    let Some(row) = rows::find_open(tx).await? else {
        return Ok(None);
    };
    let unknown = || Error::internal(anyhow::anyhow!("a stop for an unknown reason"));
    let alarm = Alarm {
        reason: StopReason::from_stored(&row.reason).ok_or_else(unknown)?,
        figures: serde_json::from_value(row.figures).map_err(Error::internal)?,
    };
    Ok(Some(alarm.into_stop(row.stopped_at)))
}

impl Alarm {
    /// What the admins are told.
    fn letter(&self, name: String) -> Template {
        let Figures { figure, usual } = self.figures;
        let (what, figure, usual) = match self.reason {
            StopReason::Spend => (
                "your outbound calls cost",
                format!("{figure:.2} USD"),
                usual.map(|usual| format!("{usual:.2} USD")),
            ),
            StopReason::Prefixes => (
                "your outbound calls went to",
                format!("{figure:.0} ranges of numbers"),
                usual.map(|usual| format!("{usual:.0}")),
            ),
            StopReason::ShortCalls => (
                "the share of your outbound calls that were over within seconds was",
                format!("{:.0} %", figure * 100.0),
                usual.map(|usual| format!("{:.0} %", usual * 100.0)),
            ),
        };
        let compared = usual.map_or_else(
            || "There is no other hour to compare it with.".to_owned(),
            |usual| format!("In the hours of the week before it was {usual} as a rule."),
        );
        Template::Notice {
            name,
            subject: "Outbound calls have been stopped".to_owned(),
            paragraphs: vec![
                format!("In the past hour {what} {figure}. {compared}"),
                "This can be fraud: somebody may have got hold of a password or an API key. Until somebody has looked, \
                 your agents ring nobody; calls that come in are answered as ever."
                    .to_owned(),
                "If the calls are yours, an admin lets them go on in the settings, under policies. If they are not, \
                 revoke your API keys and change your passwords first."
                    .to_owned(),
            ],
        }
    }

    fn into_stop(self, stopped_at: DateTime<Utc>) -> OutboundStop {
        OutboundStop {
            stopped_at,
            reason: self.reason,
            figure: self.figures.figure,
            usual: self.figures.usual,
        }
    }
}

/// The first thing that is out of all proportion in the hour that ends now. The median is that of the hours in which
/// there was anything: an hour's silence says nothing of what is usual.
fn judge(hours: &[Hour]) -> Option<Alarm> {
    let now = hours.iter().find(|hour| hour.hours_ago == 0)?;
    let before = || hours.iter().filter(|hour| hour.hours_ago > 0);
    let share = |hour: &Hour| {
        let counts = hour.answered >= LEAST_ANSWERED;
        counts.then(|| hour.short as f64 / hour.answered as f64)
    };
    let judged = |reason, figure: f64, usual: Option<f64>, least: f64, most: f64| {
        let limit = (usual.unwrap_or_default() * TIMES).clamp(least, most);
        (figure >= limit).then_some(Alarm {
            reason,
            figures: Figures { figure, usual },
        })
    };
    let spends = median(before().filter(|hour| hour.spend > 0.0).map(|hour| hour.spend));
    let ranges = median(
        before()
            .filter(|hour| hour.prefixes > 0)
            .map(|hour| hour.prefixes as f64),
    );
    let shares = median(before().filter_map(share));
    judged(StopReason::Spend, now.spend, spends, LEAST_SPEND, f64::MAX)
        .or_else(|| {
            judged(
                StopReason::Prefixes,
                now.prefixes as f64,
                ranges,
                LEAST_PREFIXES,
                f64::MAX,
            )
        })
        // Of shares, five times many a one is more than there is: all of them short is too many then.
        .or_else(|| {
            share(now).and_then(|now| judged(StopReason::ShortCalls, now, shares, LEAST_SHORT_SHARE, 1.0))
        })
}

fn median(figures: impl Iterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let upper = *figures.get(middle)?;
    let lower = if figures.len().is_multiple_of(2) {
        *figures.get(middle.checked_sub(1)?)?
    } else {
        upper
    };
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours_ago: i32, spend: f64, prefixes: i64, answered: i64, short: i64) -> Hour {
        Hour {
            hours_ago,
            spend,
            prefixes,
            answered,
            short,
        }
    }

    fn reason(now: Hour, usual: Hour) -> Option<StopReason> {
        let mut hours = vec![now];
        hours.extend(
            (1..168)
                .filter(|hour| hour % 3 == 0)
                .map(|hours_ago| Hour { hours_ago, ..usual }),
        );
        judge(&hours).map(|alarm| alarm.reason)
    }

    #[test]
    fn five_times_the_median_is_out_of_proportion_and_less_is_not() {
        let usual = hour(1, 10.0, 40, 50, 5);
        for (now, expected) in [
            (hour(0, 49.9, 199, 60, 29), None),
            (hour(0, 50.0, 0, 0, 0), Some(StopReason::Spend)),
            (hour(0, 0.0, 200, 0, 0), Some(StopReason::Prefixes)),
            (hour(0, 0.0, 0, 60, 30), Some(StopReason::ShortCalls)),
        ] {
            assert_eq!(reason(now, usual), expected, "{now:?}");
        }
    }

    #[test]
    fn a_quiet_week_makes_no_alarm_of_a_few_calls() {
        let quiet = hour(1, 0.02, 1, 1, 0);
        assert_eq!(reason(hour(0, 5.0, 50, 19, 19), quiet), None);
        assert_eq!(reason(hour(0, 20.0, 0, 0, 0), quiet), Some(StopReason::Spend));
        // The first hour of all is judged too, and a week of silence tells of no usual.
        assert_eq!(
            judge(&[hour(0, 25.0, 3, 2, 0)]).map(|alarm| alarm.figures.usual),
            Some(None)
        );
        assert_eq!(judge(&[]), None);
        assert_eq!(judge(&[hour(2, 500.0, 900, 100, 100)]), None);
    }

    #[test]
    fn where_half_of_the_calls_are_short_as_a_rule_all_of_them_are_too_many() {
        let usual = hour(1, 0.0, 1, 40, 20);
        assert_eq!(reason(hour(0, 0.0, 1, 40, 39), usual), None);
        assert_eq!(
            reason(hour(0, 0.0, 1, 40, 40), usual),
            Some(StopReason::ShortCalls)
        );
    }

    #[test]
    fn a_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
    }
}
