//! What the call engine hands over to be stored, by a bounded queue; the call never waits for it.

use chrono::{DateTime, Utc};
use phony_kernel::call::Ending;
use phony_kernel::{CallId, TenantId};

use crate::event::Event;

/// A billable use of a model provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Built from the provider's own identity: `openai:<response id>:<sku>`.
    pub dedupe_key: String,
    /// What was used, `openai.gpt-6-luna.text_in`.
    pub sku: String,
    /// How much, in the sku's unit; never zero.
    pub quantity: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the figure is our estimate, because the provider gave none.
    pub estimated: bool,
}

/// One thing to store about one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Whose call.
    pub tenant: TenantId,
    /// Which call.
    pub call: CallId,
    /// What.
    pub body: RecordBody,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordBody {
    /// The socket is up and the conversation runs.
    Started {
        /// When.
        at: DateTime<Utc>,
    },
    /// First word sent to the caller.
    FirstAudio {
        /// When.
        at: DateTime<Utc>,
    },
    /// A lasting event of the ledger.
    Event(Event),
    /// A billable use.
    Usage(Usage),
    /// The conversation is over, and so is the call for us; the last record of a call.
    Ended {
        /// When.
        at: DateTime<Utc>,
        /// How.
        ending: Ending,
    },
}
