//! Whether a number may be rung just now: asked when a call is ordered, and once more before it is dialled.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use phony_db::TenantTx;
use phony_db::outbound_policy::{self as rows, HashedNumber, consents, do_not_call, national};
use phony_kernel::{E164, Error, Kind, Result};

use super::consent_rules::CallPurpose;
use super::national::MAX_AGE_DAYS;
use super::policy::OutboundPolicy;
use super::{Place, watch};
use crate::number_keys::NumberKeys;

/// After this a number that may not be rung now may be again.
const HOURS_RETRY_SECONDS: u32 = 900;

/// Who is to be rung, when, and what for.
#[derive(Debug, Clone, Copy)]
pub struct Dial<'a> {
    /// The policy in force.
    pub policy: &'a OutboundPolicy,
    /// Who.
    pub number: &'a E164,
    /// Where that is.
    pub place: &'a Place,
    /// What for.
    pub purpose: CallPurpose,
    /// When.
    pub now: DateTime<Utc>,
}

/// Goes on only if the number may be rung just now: calls have not been stopped, it is on no list, its holder has
/// agreed to what the policy asks for, and the hour is right wherever it could be.
///
/// # Errors
/// `blocked_fraud`, `blocked_do_not_call`, `blocked_national_list`, `blocked_consent`, `blocked_hours`.
pub async fn check_moment(tx: &mut TenantTx, keys: &NumberKeys, dial: &Dial<'_>) -> Result<()> {
    if watch::find_stop(tx).await?.is_some() {
        return Err(blocked(
            "blocked_fraud",
            "your outbound calls were stopped because they looked like fraud; an admin can lift the stop in the settings",
        ));
    }
    let number = keys.hash(tx, dial.number).await?;
    if do_not_call::is_listed(tx, dial.number, &number).await? {
        return Err(blocked(
            "blocked_do_not_call",
            "this number is on your list of numbers that are not to be rung",
        ));
    }
    let list = national::look_up(tx, &dial.place.country, &number).await?;
    if matches!(list, Some((_, true))) {
        return Err(blocked(
            "blocked_do_not_call",
            "this number is on the national list of numbers that are not to be rung",
        ));
    }
    check_consent(tx, dial, &number).await?;
    check_age(dial, list.map(|(as_of, _)| as_of))?;
    check_hours(tx, dial).await
}

/// Whether the national list is young enough, where one is asked for.
fn check_age(dial: &Dial<'_>, list: Option<NaiveDate>) -> Result<()> {
    let country = &dial.place.country;
    if !dial.policy.national_list.asks(dial.purpose) {
        return Ok(());
    }
    let oldest = dial.now.date_naive() - TimeDelta::days(MAX_AGE_DAYS);
    match list {
        Some(as_of) if as_of >= oldest => Ok(()),
        Some(as_of) => Err(blocked(
            "blocked_national_list",
            format!(
                "your national list of {country} is of {as_of}, and your outbound policy asks for one that is no older \
                 than {MAX_AGE_DAYS} days"
            ),
        )),
        None => Err(blocked(
            "blocked_national_list",
            format!("your outbound policy asks for a national list of {country}, and there is none"),
        )),
    }
}

async fn check_consent(tx: &mut TenantTx, dial: &Dial<'_>, number: &HashedNumber) -> Result<()> {
    let mut needed = dial.policy.consent.needed(dial.purpose).peekable();
    if needed.peek().is_none() {
        return Ok(());
    }
    let given = consents::list_kinds(tx, number, dial.now).await?;
    match needed.find(|kind| !given.iter().any(|given| given == kind.as_str())) {
        Some(kind) => Err(blocked("blocked_consent", kind.missing())),
        None => Ok(()),
    }
}

async fn check_hours(tx: &mut TenantTx, dial: &Dial<'_>) -> Result<()> {
    if dial.policy.is_round_the_clock() {
        return Ok(());
    }
    let (hours, zones) = (&dial.policy.calling_hours, dial.place.zones);
    if !zones.is_empty() && rows::is_within_hours(tx, dial.now, zones, &hours.from, &hours.to).await? {
        return Ok(());
    }
    let text = if zones.is_empty() {
        "the time of day at this number is not known, so it may be rung only by a policy for all hours"
            .to_owned()
    } else {
        format!(
            "it is not between {} and {} everywhere this number could be",
            hours.from, hours.to
        )
    };
    Err(blocked("blocked_hours", text).retry_after(HOURS_RETRY_SECONDS))
}

fn blocked(code: &'static str, text: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Kind::Forbidden, code, text)
}
