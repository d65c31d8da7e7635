//! To whom the caller of a call was handed, as the call's own record tells it.

use chrono::{DateTime, Utc};
use phony_conversation::command::TransferKind;
use phony_kernel::ItemId;
use serde::Deserialize;

/// A transfer of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// The line that it is.
    pub id: ItemId,
    /// How.
    pub kind: TransferKind,
    /// Where to.
    pub target: String,
    /// How far it came.
    pub status: String,
    /// Why it came to nothing, as a stable word.
    pub reason: Option<String>,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// Whether the target was told what it is about.
    pub briefed: bool,
}

/// What is last known of a transfer.
#[derive(Debug, Deserialize)]
struct Last {
    item_id: ItemId,
    to: String,
    #[serde(default)]
    kind: TransferKind,
    status: String,
    #[serde(default)]
    reason: Option<String>,
}

/// A transfer as the database gives it.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    last: Last,
    at: DateTime<Utc>,
    briefed: bool,
}

impl From<Row> for HandedOver {
    fn from(Row { last, at, briefed }: Row) -> Self {
        Self {
            id: last.item_id,
            kind: last.kind,
            target: last.to,
            status: last.status,
            reason: last.reason,
            at,
            briefed,
        }
    }
}
