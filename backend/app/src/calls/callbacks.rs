//! The carrier's status callbacks: at least once, in any order, late. What they change is decided here, by rank
//! alone, so that the order of arrival does not matter.

use chrono::{DateTime, TimeDelta, Utc};
use phony_carriers::twilio::CarrierStatus;
use phony_conversation::EventBody;
use phony_db::TenantTx;
use phony_db::calls::callbacks::{self, Advance, CallFacts};
use phony_db::calls::closing;
use phony_db::usage::{self, Payer, UsageInsert};
use phony_kernel::call::{CallStatus, Direction, EndedReason, Ending, Engine};
use phony_kernel::money::billable_minutes;
use phony_kernel::{CallId, Result, TenantId};
use serde_json::json;

use super::{CallsArea, clean};

/// News of the carrier about where a call stands.
#[derive(Debug, Clone)]
pub struct StatusUpdate {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The calling party.
    pub from: String,
    /// The called party.
    pub to: String,
    /// Where it stands.
    pub status: CarrierStatus,
    /// The carrier's count.
    pub sequence_number: Option<i64>,
    /// Seconds from answer to end, at the end.
    pub duration_seconds: Option<i64>,
    /// When it happened, by the carrier's clock.
    pub timestamp: Option<DateTime<Utc>>,
    /// Last answer of the telephone network.
    pub sip_response_code: Option<u16>,
}

/// What became of a callback.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallbackOutcome {
    /// Whose call, and which; none is a call that we have no row of.
    pub call: Option<(TenantId, CallId)>,
    /// News for those who watch.
    pub events: Vec<EventBody>,
}

impl CallsArea {
    /// Takes in a status callback. Repeated, late or reordered ones change nothing.
    ///
    /// # Errors
    /// Those of the database; the carrier should then be answered so that it sends the callback again.
    pub async fn status_callback(&self, update: &StatusUpdate) -> Result<CallbackOutcome> {
        for tenant in self.find_tenants(&update.call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &clean(&update.call_sid, 64)).await? else {
                continue;
            };
            let sequence_number = sequence_number(update);
            callbacks::note(&mut tx, facts.call, sequence_number, update.status.as_str()).await?;
            let mut events = match decide(&facts, update) {
                Some(step) => take(&mut tx, &facts, &step, update).await?,
                None => Vec::new(),
            };
            if update.status.is_terminal() {
                events.extend(super::transfers::caller_left(&mut tx, &facts).await?);
            }
            tx.commit().await?;
            return Ok(CallbackOutcome {
                call: Some((tenant, facts.call)),
                events,
            });
        }
        tracing::debug!("status callback of a call that has no row");
        Ok(CallbackOutcome::default())
    }
}

/// The carrier's count; for a callback without one, a negative stand-in of its own for each status.
fn sequence_number(update: &StatusUpdate) -> i32 {
    let stand_in = -1 - i32::from(update.status.rank());
    update
        .sequence_number
        .and_then(|number| i32::try_from(number).ok())
        .unwrap_or(stand_in)
}

/// What a callback changes.
#[derive(Debug, PartialEq)]
struct Step {
    status: CallStatus,
    answered_at: Option<DateTime<Utc>>,
    duration_seconds: Option<u32>,
    settled: bool,
    release_lease: bool,
    ending: Option<(Ending, DateTime<Utc>)>,
}

/// Decides from the call's row alone; `None` is a callback that changes nothing.
fn decide(facts: &CallFacts, update: &StatusUpdate) -> Option<Step> {
    let before = facts.carrier_status.as_deref().map(CarrierStatus::read);
    let status = update.status.call_status()?;
    let duration = update
        .duration_seconds
        .and_then(|seconds| u32::try_from(seconds).ok());
    if update.status.rank() <= before.map_or(0, CarrierStatus::rank) {
        // A final word that came without its length is completed by a later one, and by nothing else.
        let completes = before == Some(CarrierStatus::Completed)
            && update.status == CarrierStatus::Completed
            && facts.settled_at.is_none()
            && duration.is_some();
        return completes.then_some(Step {
            status: facts.status,
            answered_at: None,
            duration_seconds: duration,
            settled: true,
            release_lease: false,
            ending: None,
        });
    }
    let at = update
        .timestamp
        .unwrap_or(facts.now)
        .clamp(facts.started_at, facts.now.max(facts.started_at));
    if !update.status.is_terminal() {
        return Some(Step {
            status: if status.rank() > facts.status.rank() {
                status
            } else {
                facts.status
            },
            answered_at: (status == CallStatus::InProgress).then_some(at),
            duration_seconds: None,
            settled: false,
            release_lease: false,
            ending: None,
        });
    }
    let completed = update.status == CarrierStatus::Completed;
    let answered_at = completed.then(|| {
        let length = TimeDelta::seconds(duration.unwrap_or(0).into());
        (at - length).max(facts.started_at)
    });
    // A conversation that was begun says its own end in a moment, one of turns too, which runs on between them; only
    // the line's place is given back.
    let waits_for_conversation = facts.ended_at.is_none() && facts.streamed;
    let ends_here = facts.ended_at.is_none() && !facts.streamed;
    Some(Step {
        status: facts.status,
        answered_at,
        duration_seconds: duration,
        settled: !completed || duration.is_some(),
        release_lease: waits_for_conversation,
        ending: ends_here.then(|| {
            let how = ending(facts.direction, facts.streamed, update.status);
            (with_network_answer(how, update.sip_response_code), at)
        }),
    })
}

/// How a call ended when only the carrier says that it did.
pub(super) fn ending(direction: Direction, streamed: bool, status: CarrierStatus) -> Ending {
    let reason = match (status, direction) {
        (CarrierStatus::Completed, _) if streamed => EndedReason::CallerHangup,
        (CarrierStatus::Completed, _) => EndedReason::Abandoned,
        (CarrierStatus::NoAnswer | CarrierStatus::Canceled, Direction::Inbound) => EndedReason::Abandoned,
        (CarrierStatus::Failed, Direction::Inbound) => EndedReason::CarrierError,
        _ => status.unanswered_reason().unwrap_or(EndedReason::CarrierError),
    };
    Ending::of(reason)
}

/// What the telephone network answered tells a number that does not exist, and a callee who does not want the call,
/// from other calls that could not be connected.
fn with_network_answer(ending: Ending, sip_response_code: Option<u16>) -> Ending {
    let Some(code) = sip_response_code else {
        return ending;
    };
    let reason = match (ending.reason, code) {
        (EndedReason::DialFailed, 404 | 410 | 484 | 604) => EndedReason::DialInvalid,
        (EndedReason::DialFailed | EndedReason::DialBusy, 403 | 603 | 607 | 608) => EndedReason::DialRejected,
        _ => return ending,
    };
    Ending::of(reason).with_detail(format!("the telephone network answered {code}"))
}

async fn take(
    tx: &mut TenantTx,
    facts: &CallFacts,
    step: &Step,
    update: &StatusUpdate,
) -> Result<Vec<EventBody>> {
    let mut events = Vec::new();
    if step.status != facts.status {
        events.push(EventBody::CallState {
            status: step.status,
            ending: None,
        });
    }
    let change = Advance {
        carrier_status: update.status.as_str(),
        sequence_number: sequence_number(update),
        status: step.status,
        answered_at: step.answered_at,
        duration_seconds: step.duration_seconds,
        settled: step.settled,
        release_lease: step.release_lease,
    };
    callbacks::advance(tx, facts.call, &change).await?;
    if step.settled
        && let Some(seconds) = step.duration_seconds
        && update.status == CarrierStatus::Completed
    {
        let answered_at = facts.answered_at.or(step.answered_at).unwrap_or(facts.started_at);
        let minutes = minutes(facts, update, seconds, answered_at);
        usage::insert_all(tx, &minutes).await?;
    }
    if let Some((ending, at)) = &step.ending
        && closing::end(tx, facts.call, ending, *at, None).await?
    {
        events.push(EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(ending.clone()),
        });
    }
    Ok(events)
}

/// How long the relay had the call: as long as the carrier says its sessions were, else from the beginning, or from
/// when another engine gave it over, until the caller was given to somebody else, or the end.
fn relay_seconds(facts: &CallFacts, seconds: u32, answered_at: DateTime<Utc>) -> u32 {
    let told = facts.relay_seconds.and_then(|told| u32::try_from(told).ok());
    let begun_at = facts
        .engine_switched_at
        .map_or(answered_at, |at| at.max(answered_at));
    let last_at = facts
        .ended_at
        .filter(|_| facts.is_transferred())
        .unwrap_or_else(|| answered_at + TimeDelta::seconds(seconds.into()));
    told.or_else(|| whole_seconds(begun_at, last_at))
        .map_or(seconds, |part| part.min(seconds))
}

/// What an answered leg comes to at its end.
fn minutes(
    facts: &CallFacts,
    update: &StatusUpdate,
    seconds: u32,
    answered_at: DateTime<Utc>,
) -> Vec<UsageInsert> {
    let event_time = update.timestamp.unwrap_or(facts.now).min(facts.now);
    carrier_minutes(facts, &update.call_sid, seconds, event_time, answered_at)
        .into_iter()
        .chain(machine_detection(facts, update, event_time, answered_at))
        .collect()
}

/// The minutes of an answered leg that was or is `seconds` long, at the prices of its answer.
fn carrier_minutes(
    facts: &CallFacts,
    sid: &str,
    seconds: u32,
    event_time: DateTime<Utc>,
    answered_at: DateTime<Utc>,
) -> Vec<UsageInsert> {
    let minutes = |key: &str, sku: &str, seconds| {
        leg_minutes(
            facts,
            format!("twilio:{sid}:{key}"),
            sku,
            seconds,
            event_time,
            answered_at,
        )
    };
    let leg = match facts.direction {
        Direction::Inbound => "twilio.inbound_minute",
        Direction::Outbound => "twilio.outbound_minute",
    };
    let relay = (facts.engine == Engine::Relay && facts.streamed)
        .then(|| relay_seconds(facts, seconds, answered_at))
        .and_then(|seconds| minutes("relay_minutes", "twilio.relay_minute", seconds));
    minutes("minutes", leg, seconds)
        .into_iter()
        .chain(relay)
        .chain(stream_minutes(facts, seconds, event_time, answered_at))
        .collect()
}

/// The minutes that have begun of a call that goes on, as the carrier would charge them if it ended now.
pub(super) fn minutes_so_far(facts: &CallFacts, sid: &str) -> Vec<UsageInsert> {
    facts
        .answered_at
        .and_then(|answered_at| {
            let seconds = whole_seconds(answered_at, facts.now)?;
            Some(carrier_minutes(facts, sid, seconds, facts.now, answered_at))
        })
        .unwrap_or_default()
}

/// The minutes of the call's media streams, each of which the carrier rounds by itself. One whose end nobody has told was
/// over when the next began, or else with the call; none was longer than the call.
fn stream_minutes(
    facts: &CallFacts,
    seconds: u32,
    event_time: DateTime<Utc>,
    billing_time: DateTime<Utc>,
) -> Vec<UsageInsert> {
    let mut streams: Vec<_> = facts.media_streams.iter().collect();
    streams.sort_by_key(|(_, stream)| stream.from);
    let nexts = streams.iter().skip(1).map(|(_, next)| Some(next.from));
    let last = facts.ended_at.unwrap_or(facts.now);
    streams
        .iter()
        .zip(nexts.chain([None]))
        .filter_map(|((sid, stream), next)| {
            let to = stream.to.or(next).unwrap_or(last);
            let part = whole_seconds(stream.from, to).unwrap_or(0).min(seconds);
            let key = format!("twilio:{sid}:minutes");
            leg_minutes(facts, key, "twilio.stream_minute", part, event_time, billing_time)
        })
        .collect()
}

/// Seconds from one time to another, each that has begun.
fn whole_seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<u32> {
    let millis = u64::try_from((to - from).num_milliseconds()).ok()?;
    u32::try_from(millis.div_ceil(1_000)).ok()
}

/// What it costs that the carrier found out what answered.
fn machine_detection(
    facts: &CallFacts,
    update: &StatusUpdate,
    event_time: DateTime<Utc>,
    answered_at: DateTime<Utc>,
) -> Option<UsageInsert> {
    facts
        .machine_detection
        .then(|| detection(facts, &update.call_sid, event_time, answered_at))
}

/// One detection of what has answered a leg.
pub(super) fn detection(
    facts: &CallFacts,
    leg: &str,
    event_time: DateTime<Utc>,
    billing_time: DateTime<Utc>,
) -> UsageInsert {
    UsageInsert {
        dedupe_key: format!("twilio:{leg}:amd"),
        sku: "twilio.amd".to_owned(),
        quantity: 1,
        event_time,
        billing_time,
        payer: Payer::Platform,
        call: Some(facts.call),
        number: facts.number,
        personality: facts.personality,
        corrects: None,
        source: "carrier_callback",
        meta: json!({}),
    }
}

/// The minutes of one leg of a call, unless there are none.
pub(super) fn leg_minutes(
    facts: &CallFacts,
    dedupe_key: String,
    sku: &str,
    seconds: u32,
    event_time: DateTime<Utc>,
    billing_time: DateTime<Utc>,
) -> Option<UsageInsert> {
    Some(UsageInsert {
        dedupe_key,
        sku: sku.to_owned(),
        quantity: billable_minutes(true, seconds)?,
        event_time,
        billing_time,
        payer: Payer::Platform,
        call: Some(facts.call),
        number: facts.number,
        personality: facts.personality,
        corrects: None,
        source: "carrier_callback",
        meta: json!({ "seconds": seconds }),
    })
}

#[cfg(test)]
mod tests;
