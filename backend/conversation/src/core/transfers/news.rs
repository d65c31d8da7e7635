//! Between a warm transfer and the carrier: what is asked of it, and what it tells.

use phony_kernel::E164;
use serde::{Deserialize, Serialize};

use super::super::types::ModelUsage;
use crate::command::StayAs;

/// A step of a warm transfer that the carrier is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferStep {
    /// Call the target, tell them this and ask whether they take the caller. [`TransferNews::Placed`] follows.
    Ring {
        /// Who is called.
        to: E164,
        /// A number of ours.
        from: E164,
        /// What they are told.
        brief: String,
        /// How long it rings.
        rings_ms: u64,
    },
    /// Bring the caller to the target. [`TransferNews::Joined`] or [`TransferNews::NotJoined`] follows.
    Join {
        /// What the agent does from then on; none is to leave.
        stay_as: Option<StayAs>,
    },
    /// Let the target go.
    GiveUp {
        /// The target's call, as far as known.
        leg: Option<String>,
        /// Whether they have answered and are to be told.
        answered: bool,
    },
}

/// News of a warm transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum TransferNews {
    /// The talk is summed up, or cannot be.
    Briefed {
        /// In a sentence or two.
        text: Option<String>,
        /// The provider's id of the response.
        response_id: Option<String>,
        /// What it used; none is estimated.
        #[serde(skip)]
        used: Option<ModelUsage>,
    },
    /// The target is being called.
    Placed {
        /// The target's call.
        leg: String,
    },
    /// The target's telephone rings.
    Ringing {
        /// The target's call.
        leg: String,
    },
    /// Somebody has answered, hears what it is about and is asked.
    Answered {
        /// The target's call.
        leg: String,
    },
    /// A mailbox has answered.
    Mailbox {
        /// The target's call.
        leg: String,
    },
    /// The target takes the caller, and waits.
    Accepted {
        /// The target's call.
        leg: String,
    },
    /// The target does not want the caller.
    Rejected {
        /// The target's call.
        leg: String,
    },
    /// The target's call is over, or could not be made.
    Over {
        /// The target's call, if there is one.
        leg: Option<String>,
        /// Stable word for why, for a call that nobody answered.
        reason: String,
    },
    /// The caller is with the target.
    Joined,
    /// The carrier could not bring the caller there.
    NotJoined,
}
