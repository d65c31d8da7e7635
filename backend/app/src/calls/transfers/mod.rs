//! Callers who are handed to somebody: the carrier's part of it, and how it ends.
//!
//! The conversation decides and asks (`phony_conversation`); a caller whom nobody takes comes back to it, as a call
//! that goes on. What is known of a transfer stands in the call's own record, as `transfer.updated`.

mod away;
mod carrier;
mod ended;
mod forks;
mod notes;
mod patience;
mod question;
mod target;

use phony_conversation::command::TransferKind;
use phony_conversation::plan::TransferTarget;
use phony_conversation::{Event, EventBody};
use phony_db::TenantTx;
use phony_db::calls::callbacks::CallFacts;
use phony_db::calls::{ledger, stream};
use phony_kernel::{CallId, E164, ItemId, Result, TenantId};

use super::CallsArea;
use super::legs::append;
use crate::outbound_policy;

pub use carrier::Transfers;
pub(super) use ended::caller_left;
pub use ended::{AfterDial, DialEnded, DialOutcome};
pub use forks::LISTENING_FORK;
pub use notes::NOTES_FORK;
pub use target::{TargetAnswer, TargetUpdate, TransferMark};

/// Who leaves so soon after having been brought together has not taken the call.
const TAKEN_AFTER_MS: i64 = 3_000;

/// The newest transfer of a call, as its record has it.
#[derive(Debug, Clone)]
struct Known {
    item: ItemId,
    to: String,
    kind: TransferKind,
    status: String,
    at: chrono::DateTime<chrono::Utc>,
}

impl Known {
    /// Whether the caller has left the conversation by it.
    fn is_away(&self) -> bool {
        matches!(self.status.as_str(), "dialing" | "joined")
    }

    fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "completed")
    }

    fn told(&self, status: &str, reason: Option<&str>) -> EventBody {
        EventBody::TransferUpdated {
            item_id: self.item,
            to: self.to.clone(),
            kind: self.kind,
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        }
    }
}

async fn find(tx: &mut TenantTx, call: CallId) -> Result<Option<Known>> {
    let last = ledger::find_last(tx, call, "transfer.updated").await?;
    Ok(last.and_then(|event| match event.body {
        EventBody::TransferUpdated {
            item_id,
            to,
            kind,
            status,
            ..
        } => Some(Known {
            item: item_id,
            to,
            kind,
            status,
            at: event.at,
        }),
        _ => None,
    }))
}

/// A call whose caller has gone to somebody else is left alone by those who look for calls that nobody runs.
pub(super) async fn note_away(tx: &mut TenantTx, call: CallId, event: &Event) -> Result<()> {
    match &event.body {
        // The carrier tells how long the relay session was.
        EventBody::TransferUpdated { status, .. } if status == "dialing" => {
            stream::note_away(tx, call, event.at, None).await
        }
        // The caller was moved out of it, of which the carrier tells nothing.
        EventBody::TransferUpdated { status, item_id, .. } if status == "joined" => {
            stream::note_away(tx, call, event.at, Some(&item_id.to_string())).await
        }
        _ => Ok(()),
    }
}

/// The targets of a personality that the tenant's rules for calls allow; the others cannot be reached, whoever asks.
pub(super) async fn keep_allowed(tx: &mut TenantTx, targets: &mut Vec<TransferTarget>) -> Result<()> {
    if !targets.is_empty() {
        let policy = outbound_policy::current(tx).await?;
        targets.retain(|target| policy.check_destination(&target.e164).is_ok());
    }
    Ok(())
}

impl CallsArea {
    /// Whether the tenant's rules for calls allow this number.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn may_ring(&self, tenant: TenantId, number: &E164) -> Result<bool> {
        let mut tx = self.db.tenant(tenant).await?;
        let policy = outbound_policy::current(&mut tx).await?;
        Ok(policy.check_destination(number).is_ok())
    }
}

async fn tell(tx: &mut TenantTx, facts: &CallFacts, news: EventBody) -> Result<EventBody> {
    append(tx, facts, news.clone()).await?;
    Ok(news)
}
