//! Parts of a call that the carrier tells of: sessions of the conversation, its media streams, and the leg to whom
//! the caller was given. What the whole call comes to is in `callbacks`.

use chrono::{DateTime, Utc};
use phony_conversation::EventBody;
use phony_conversation::command::TransferKind;
use phony_db::TenantTx;
use phony_db::calls::callbacks::{self, CallFacts};
use phony_db::calls::{closing, ledger};
use phony_db::usage;
use phony_kernel::call::{EndedReason, Ending};
use phony_kernel::{ItemId, Result};

use super::callbacks::{CallbackOutcome, leg_minutes};
use super::{CallsArea, clean};

/// A relay session is over.
#[derive(Debug, Clone)]
pub struct SessionEnded {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the session.
    pub session_id: Option<String>,
    /// How long it was.
    pub seconds: Option<i64>,
}

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
}

/// A media stream has begun, ended or failed.
#[derive(Debug, Clone)]
pub struct StreamEvent {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the stream.
    pub stream_sid: String,
    /// What went wrong, in the carrier's words; nothing for news that need no act.
    pub error: Option<String>,
}

impl CallsArea {
    /// Keeps how long a session of the conversation was, once for each; the call is billed by it when it settles.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn session_ended(&self, session: &SessionEnded) -> Result<()> {
        let Some(seconds) = whole(session.seconds) else {
            return Ok(());
        };
        let id = clean(session.session_id.as_deref().unwrap_or("unnamed"), 64);
        let call_sid = clean(&session.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            callbacks::note_relay_session(&mut tx, facts.call, &id, seconds).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Takes in how it went with the leg to whom the caller was given: its minutes, and whether somebody took the
    /// caller. Repeats change nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn dial_ended(&self, dial: &DialEnded) -> Result<CallbackOutcome> {
        let call_sid = clean(&dial.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            book_leg(&mut tx, &facts, dial).await?;
            let events = conclude(&mut tx, &facts, dial).await?;
            tx.commit().await?;
            return Ok(CallbackOutcome {
                call: Some((tenant, facts.call)),
                events,
            });
        }
        Ok(CallbackOutcome::default())
    }

    /// Takes in what the carrier says of a media stream. A fault is kept as a warning on the call: nowhere else is
    /// it told why a socket was not opened.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stream_event(&self, event: &StreamEvent) -> Result<CallbackOutcome> {
        let Some(error) = &event.error else {
            return Ok(CallbackOutcome::default());
        };
        let call_sid = clean(&event.call_sid, 64);
        for tenant in self.find_tenants(&call_sid).await? {
            let mut tx = self.db.tenant(tenant).await?;
            let Some(facts) = callbacks::lock(&mut tx, &call_sid).await? else {
                continue;
            };
            let warning = EventBody::Warning {
                item_id: ItemId::new(),
                code: "stream_error".to_owned(),
                detail: format!("the carrier's media stream failed: {}", clean(error, 200)),
            };
            append(&mut tx, &facts, warning.clone()).await?;
            tx.commit().await?;
            return Ok(CallbackOutcome {
                call: Some((tenant, facts.call)),
                events: vec![warning],
            });
        }
        Ok(CallbackOutcome::default())
    }
}

/// Books the minutes of the leg, once.
async fn book_leg(tx: &mut TenantTx, facts: &CallFacts, dial: &DialEnded) -> Result<()> {
    let (Some(dial_sid), true, Some(seconds)) = (&dial.dial_sid, dial.taken, whole(dial.seconds)) else {
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

/// Says on the call's record how the transfer went, and gives the news of it, once.
async fn conclude(tx: &mut TenantTx, facts: &CallFacts, dial: &DialEnded) -> Result<Vec<EventBody>> {
    let (reason, status) = if dial.taken {
        (EndedReason::TransferCompleted, "completed")
    } else {
        (EndedReason::TransferFailed, "failed")
    };
    let ending = if dial.taken {
        Ending::of(reason)
    } else {
        Ending::of(reason).with_detail(format!("nobody took the call: {}", clean(&dial.status, 40)))
    };
    let news = if facts.ended_at.is_some() {
        closing::conclude_transfer(tx, facts.call, &ending).await?
    } else {
        // The conversation's own last word is still on its way, or was lost.
        facts.streamed && closing::end(tx, facts.call, &ending, facts.now, None).await?
    };
    if !news {
        return Ok(Vec::new());
    }
    let asked = ledger::find_last(tx, facts.call, "transfer.updated").await?;
    let (item_id, to, kind) = match asked.map(|event| event.body) {
        Some(EventBody::TransferUpdated { item_id, to, kind, .. }) => (item_id, to, kind),
        _ => (ItemId::new(), String::new(), TransferKind::Cold),
    };
    let outcome = EventBody::TransferUpdated {
        item_id,
        to,
        kind,
        status: status.to_owned(),
        reason: None,
    };
    append(tx, facts, outcome.clone()).await?;
    Ok(vec![outcome])
}

async fn append(tx: &mut TenantTx, facts: &CallFacts, body: EventBody) -> Result<()> {
    let since: DateTime<Utc> = facts.answered_at.unwrap_or(facts.started_at);
    let offset_ms = u64::try_from((facts.now - since).num_milliseconds()).unwrap_or(0);
    ledger::append_outside(tx, facts.call, facts.now, offset_ms, body).await
}

fn whole(seconds: Option<i64>) -> Option<u32> {
    seconds.and_then(|seconds| u32::try_from(seconds).ok())
}
