//! Whom a caller may be handed to, and what is said on the way.

use phony_kernel::E164;
use serde::{Deserialize, Serialize};

use crate::command::{StayAs, TransferKind};

/// Somebody a caller may be handed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferTarget {
    /// The name the model uses, `billing`.
    pub alias: String,
    /// Where it rings.
    pub e164: E164,
    /// How the caller gets there.
    #[serde(default)]
    pub kind: TransferKind,
    /// What the agent does after a warm transfer; none is to leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay_as: Option<StayAs>,
}

impl TransferTarget {
    /// A target to whom callers are sent cold.
    #[must_use]
    pub fn cold(alias: impl Into<String>, e164: E164) -> Self {
        Self {
            alias: alias.into(),
            e164,
            kind: TransferKind::Cold,
            stay_as: None,
        }
    }
}

/// What callers and targets hear when a caller waits or is handed over, and for how long. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Said before the caller is sent on, unless the agent has said something itself.
    pub announce: String,
    /// Said when the caller begins to wait for a colleague.
    pub transfer: String,
    /// Said in turn while the caller waits.
    pub comfort: Vec<String>,
    /// How often.
    pub comfort_every_ms: u64,
    /// Said when the colleague takes the caller.
    pub joining: String,
    /// Said when nobody takes the caller.
    pub failed: String,
    /// Said when a supervisor lets the caller wait.
    pub hold: String,
    /// Said when the wait is over.
    pub unhold: String,
    /// Time to sum the talk up for the colleague; then something simpler is told.
    pub brief_ms: u64,
    /// How long it rings.
    pub rings_ms: u64,
    /// How long the colleague may think after the answer.
    pub accept_ms: u64,
    /// How long the carrier may take to bring the caller to the colleague.
    pub join_ms: u64,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            announce: "I am connecting you with a colleague now.".to_owned(),
            transfer: "One moment please, I am calling a colleague for you. Please stay on the line.".to_owned(),
            comfort: vec![
                "Thank you for waiting. I am still trying to reach my colleague.".to_owned(),
                "I am still here. It takes a moment longer.".to_owned(),
            ],
            comfort_every_ms: 12_000,
            joining: "Thank you for waiting. My colleague is there, I am connecting you.".to_owned(),
            failed: "I am sorry, my colleague cannot take your call right now. Is there anything else I can do for you?"
                .to_owned(),
            hold: "One moment please, I am putting you on hold.".to_owned(),
            unhold: "Thank you for waiting, I am back.".to_owned(),
            brief_ms: 6_000,
            rings_ms: 25_000,
            accept_ms: 45_000,
            join_ms: 12_000,
        }
    }
}
