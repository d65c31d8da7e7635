//! How it went with somebody to whom the caller was given, and what the caller is told to do next.

use std::time::Duration;

use phony_conversation::EventBody;
use phony_conversation::command::TransferKind;
use phony_db::TenantTx;
use phony_db::calls::callbacks::{self, CallFacts};
use phony_db::calls::history::{self, CallRef};
use phony_db::calls::{closing, stream};
use phony_db::usage;
use phony_kernel::call::{CallStatus, EndedReason, Ending};
use phony_kernel::{CallId, ItemId, Result, TenantId};
use tokio::time::{Instant, sleep};

use super::super::callbacks::leg_minutes;
use super::super::inbound::Connect;
use super::super::legs::whole;
use super::super::token::StreamToken;
use super::super::{CallsArea, clean};
use super::away::wanted_end;
use super::{Known, TAKEN_AFTER_MS, find, tell};

/// Why a transfer came to nothing whose call somebody has ended.
pub(super) const CANCELED: &str = "canceled";
/// How long what a conversation did last may take to its record; the carrier waits for 15 seconds.
const RECORD_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The leg to whom the caller was given is over.
#[derive(Debug, Clone)]
pub struct DialEnded {
    /// The carrier's id of the caller's call.
    pub call_sid: String,
    /// The carrier's id of the leg, if there was one.
    pub dial_sid: Option<String>,
    /// Whether somebody took it.
    pub taken: bool,
    /// How long the two talked.
    pub seconds: Option<i64>,
    /// The carrier's word for how it ended, `busy`.
    pub status: String,
    /// Whether the caller's own line is gone as well.
    pub caller_gone: bool,
    /// How long the two were together in a room, when that is known better than by now.
    pub together_ms: Option<i64>,
}

/// What the carrier is to do with the caller.
#[derive(Debug)]
pub enum AfterDial {
    /// Hang up.
    HangUp,
    /// Say that nobody is there, and hang up.
    NobodyThere,
    /// Back to the agent.
    Back(Box<Connect>),
}

/// What became of it.
#[derive(Debug)]
pub struct DialOutcome {
    /// Whose call, and which; none is a call that we have no row of.
    pub call: Option<(TenantId, CallId)>,
    /// News for those who watch.
    pub events: Vec<EventBody>,
    /// What the caller is told.
    pub next: AfterDial,
}

impl CallsArea {
    /// Takes in how it went with the leg to whom the caller was given: its minutes, and whether somebody took the
    /// caller, who comes back to the agent otherwise. Repeats change nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn dial_ended(&self, dial: &DialEnded) -> Result<DialOutcome> {
        let call_sid = clean(&dial.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            self.wait_for_record(tenant, &call_sid).await?;
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            let known = find(&mut tx, facts.call).await?;
            let taken = is_taken(&facts, dial, known.as_ref());
            book_leg(&mut tx, &facts, dial, taken).await?;
            let mut events = Vec::new();
            let next = if facts.ended_at.is_some() {
                conclude(&mut tx, &facts, dial, known, taken, &mut events).await?;
                if taken {
                    AfterDial::HangUp
                } else {
                    AfterDial::NobodyThere
                }
            } else if !facts.streamed {
                AfterDial::NobodyThere
            } else {
                let known = known.unwrap_or_else(unknown);
                self.go_on(&mut tx, &facts, dial, &known, taken, &mut events)
                    .await?
            };
            tx.commit().await?;
            return Ok(DialOutcome {
                call: Some((tenant, facts.call)),
                events,
                next,
            });
        }
        Ok(DialOutcome {
            call: None,
            events: Vec::new(),
            next: if dial.taken {
                AfterDial::HangUp
            } else {
                AfterDial::NobodyThere
            },
        })
    }

    /// A conversation's last words may still be on their way to the record, and a target who is busy is told at once.
    /// Who waits here holds nothing.
    async fn wait_for_record(&self, tenant: TenantId, call_sid: &str) -> Result<()> {
        let until = Instant::now() + RECORD_WITHIN;
        loop {
            let mut tx = self.db.tenant(tenant).await?;
            let call = match history::get(&mut tx, &CallRef::Sid(call_sid.to_owned())).await {
                Ok(call) if call.ended_at.is_none() && call.answered_at.is_some() => call.id,
                // All is told.
                Ok(_) | Err(_) => return Ok(()),
            };
            let known = find(&mut tx, call).await?;
            drop(tx);
            if known.as_ref().is_some_and(Known::is_away) || Instant::now() >= until {
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// The call is alive: it ends with a transfer that was taken, and goes on after one that was not.
    async fn go_on(
        &self,
        tx: &mut TenantTx,
        facts: &CallFacts,
        dial: &DialEnded,
        known: &Known,
        taken: bool,
        events: &mut Vec<EventBody>,
    ) -> Result<AfterDial> {
        if taken {
            book_room(tx, facts, known, dial.together_ms).await?;
            if !known.is_over() {
                events.push(tell(tx, facts, known.told("completed", None)).await?);
            }
            let ending = match wanted_end(tx, facts.call).await? {
                Some(wanted) => wanted,
                None => Ending::of(EndedReason::TransferCompleted),
            };
            end(tx, facts, &ending, events).await?;
            return Ok(AfterDial::HangUp);
        }
        let wanted = wanted_end(tx, facts.call).await?;
        let reason = match &wanted {
            Some(_) => CANCELED,
            None if dial.caller_gone => "caller_hangup",
            None => why(dial, known),
        };
        if !known.is_over() {
            events.push(tell(tx, facts, known.told("failed", Some(reason))).await?);
        }
        if dial.caller_gone || wanted.is_some() {
            let ending = wanted.unwrap_or_else(|| Ending::of(EndedReason::CallerHangup));
            end(tx, facts, &ending, events).await?;
            return Ok(AfterDial::HangUp);
        }
        let token = StreamToken::new(tx.tenant(), facts.call);
        if let Some(call) = stream::take_back(tx, facts.call, &token.hash()).await? {
            tracing::info!(call.id = %facts.call, transfer.reason = reason, "nobody takes the caller, who is back with the agent");
            return Ok(AfterDial::Back(Box::new(self.connect(
                tx.tenant(),
                call,
                &token,
                None,
            ))));
        }
        let ending =
            Ending::of(EndedReason::TransferFailed).with_detail(format!("nobody took the call: {reason}"));
        end(tx, facts, &ending, events).await?;
        Ok(AfterDial::NobodyThere)
    }
}

/// Whether the target has taken the caller. In a room nobody says so: who stays for a moment has.
fn is_taken(facts: &CallFacts, dial: &DialEnded, known: Option<&Known>) -> bool {
    match known.filter(|known| known.kind == TransferKind::Warm && known.status == "joined") {
        Some(known) => {
            let together_ms = dial
                .together_ms
                .unwrap_or_else(|| (facts.now - known.at).num_milliseconds());
            together_ms >= TAKEN_AFTER_MS
        }
        None => dial.taken,
    }
}

/// Why nobody took the caller, as a stable word.
fn why(dial: &DialEnded, known: &Known) -> &'static str {
    match dial.status.as_str() {
        _ if known.kind == TransferKind::Warm => "target_hung_up",
        "busy" => "busy",
        "no-answer" => "no_answer",
        "canceled" => CANCELED,
        // Answered, and not joined: somebody who screens calls.
        "completed" => "rejected",
        _ => "failed",
    }
}

/// A transfer whose record was lost.
fn unknown() -> Known {
    Known {
        item: ItemId::new(),
        to: String::new(),
        kind: TransferKind::Cold,
        status: "dialing".to_owned(),
        at: chrono::Utc::now(),
    }
}

pub(super) async fn end(
    tx: &mut TenantTx,
    facts: &CallFacts,
    ending: &Ending,
    events: &mut Vec<EventBody>,
) -> Result<()> {
    if closing::end(tx, facts.call, ending, facts.now, None).await? {
        events.push(EventBody::CallState {
            status: CallStatus::Ended,
            ending: Some(ending.clone()),
        });
    }
    Ok(())
}

/// Books the minutes of the leg, once.
async fn book_leg(tx: &mut TenantTx, facts: &CallFacts, dial: &DialEnded, taken: bool) -> Result<()> {
    let (Some(dial_sid), true, Some(seconds)) = (&dial.dial_sid, taken, whole(dial.seconds)) else {
        return Ok(());
    };
    let key = format!("twilio:{}:minutes", clean(dial_sid, 64));
    let answered_at = facts.answered_at.unwrap_or(facts.started_at);
    let sku = "twilio.outbound_minute";
    if let Some(minutes) = leg_minutes(facts, key, sku, seconds, facts.now, answered_at) {
        usage::insert(tx, &minutes).await?;
    }
    Ok(())
}

/// Books the room in which caller and target were together, for each of the two.
pub(super) async fn book_room(
    tx: &mut TenantTx,
    facts: &CallFacts,
    known: &Known,
    together_ms: Option<i64>,
) -> Result<()> {
    if known.kind != TransferKind::Warm {
        return Ok(());
    }
    let together_ms = together_ms.unwrap_or_else(|| (facts.now - known.at).num_milliseconds());
    let Some(seconds) = whole(Some(together_ms.max(0) / 1_000 + 1)) else {
        return Ok(());
    };
    let answered_at = facts.answered_at.unwrap_or(facts.started_at);
    for who in ["caller", "target"] {
        let key = format!("twilio:room:{}:{who}", known.item);
        let sku = "twilio.conference_minute";
        if let Some(minutes) = leg_minutes(facts, key, sku, seconds, facts.now, answered_at) {
            usage::insert(tx, &minutes).await?;
        }
    }
    Ok(())
}

/// The call has ended before: says on its record how the transfer went, and gives the news of it, once.
async fn conclude(
    tx: &mut TenantTx,
    facts: &CallFacts,
    dial: &DialEnded,
    known: Option<Known>,
    taken: bool,
    events: &mut Vec<EventBody>,
) -> Result<()> {
    let known = known.unwrap_or_else(unknown);
    let reason = if dial.caller_gone {
        "caller_hangup"
    } else {
        why(dial, &known)
    };
    let (ending, status, reason) = if taken {
        (Ending::of(EndedReason::TransferCompleted), "completed", None)
    } else if dial.caller_gone {
        (Ending::of(EndedReason::CallerHangup), "failed", Some(reason))
    } else {
        let detail = format!("nobody took the call: {}", clean(&dial.status, 40));
        let ending = Ending::of(EndedReason::TransferFailed).with_detail(detail);
        (ending, "failed", Some(reason))
    };
    if closing::conclude_transfer(tx, facts.call, &ending).await? {
        if taken {
            book_room(tx, facts, &known, dial.together_ms).await?;
        }
        events.push(tell(tx, facts, known.told(status, reason)).await?);
    }
    Ok(())
}

/// The caller's line is gone while the caller was with somebody else, where no conversation sees it: the call is over.
/// What the carrier says of the other one may still follow.
pub(in crate::calls) async fn caller_left(tx: &mut TenantTx, facts: &CallFacts) -> Result<Vec<EventBody>> {
    let mut events = Vec::new();
    if facts.ended_at.is_some() || !facts.streamed {
        return Ok(events);
    }
    let Some(known) = find(tx, facts.call).await?.filter(Known::is_away) else {
        return Ok(events);
    };
    let wanted = wanted_end(tx, facts.call).await?;
    let reason = if known.status == "joined" {
        book_room(tx, facts, &known, None).await?;
        events.push(tell(tx, facts, known.told("completed", None)).await?);
        EndedReason::TransferCompleted
    } else {
        // Somebody has ended it, and the carrier was quicker than the answer to who asked for it.
        if wanted.is_some() {
            events.push(tell(tx, facts, known.told("failed", Some(CANCELED))).await?);
        }
        EndedReason::Transferred
    };
    let ending = wanted.unwrap_or_else(|| Ending::of(reason));
    end(tx, facts, &ending, &mut events).await?;
    Ok(events)
}
