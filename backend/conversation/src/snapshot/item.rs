//! What the ledger of a call holds: its lines, and how long each turn took.

use chrono::{DateTime, Utc};
use phony_kernel::{ItemId, RecordingId};
use serde::{Deserialize, Serialize};

use crate::command::{Action, ActionStatus, Actor, TransferKind};
use crate::event::{LatencyParts, Speaker};
use crate::plan::ClarificationTimeout;
use crate::supervision::{ApprovalDecision, ApprovalOutcome};

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Sequence number of the event that made it.
    pub seq: u64,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Milliseconds since the conversation began.
    pub offset_ms: u64,
    /// What it is.
    #[serde(flatten)]
    pub body: ItemBody,
}

impl Item {
    /// Whether it is speech that was begun and has no words.
    #[must_use]
    pub fn is_wordless(&self) -> bool {
        matches!(&self.body, ItemBody::Speech { text, complete: false, .. } if text.is_empty())
    }
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ItemBody {
    /// Somebody's words.
    Speech {
        /// Who.
        speaker: Speaker,
        /// What was said; what was generated, for the agent.
        text: String,
        /// Whether the text is complete.
        complete: bool,
        /// What the caller heard of it: unset until known, shorter than `text` after a cut.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heard: Option<String>,
        /// Whether the caller cut it off.
        interrupted: bool,
        /// In which language it was heard, BCP 47, as far as the engine tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// A key of the caller.
    DtmfReceived {
        /// Which.
        digits: String,
    },
    /// Keys towards the caller's side.
    DtmfSent {
        /// Which.
        digits: String,
    },
    /// An inline command of the model.
    Command {
        /// Its name.
        command: String,
        /// What it was given.
        argument: String,
        /// Whether it was done.
        done: bool,
        /// Why not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<String>,
    },
    /// A question of the agent to a supervisor.
    Clarification {
        /// The question.
        question: String,
        /// Until when.
        expires_at: DateTime<Utc>,
        /// What happens then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_timeout: Option<ClarificationTimeout>,
        /// The answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
        /// The agent is to decide itself.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decide: bool,
        /// Who answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answered_by: Option<Actor>,
        /// Whether the time ran out.
        expired: bool,
    },
    /// An act of a supervisor.
    Intervention {
        /// The client's id of the act.
        action_id: String,
        /// What.
        action: Action,
        /// Who.
        by: Actor,
        /// How far it is.
        #[serde(flatten)]
        status: ActionStatus,
    },
    /// A reply that was held, once it was decided on or not wanted any more.
    Approval {
        /// The words.
        text: String,
        /// What was to be done with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        commands: Vec<String>,
        /// How somebody decided; nobody did when it is not set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<ApprovalDecision>,
        /// What was said instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        edited: Option<String>,
        /// What the agent was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guidance: Option<String>,
        /// What was done when nobody decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        did: Option<ApprovalOutcome>,
        /// Who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Actor>,
    },
    /// What a person has written down for colleagues.
    SupervisorNote {
        /// Who.
        actor: Actor,
        /// What.
        text: String,
    },
    /// A transfer.
    Transfer {
        /// Where to.
        to: String,
        /// How.
        #[serde(default)]
        transfer_kind: TransferKind,
        /// How far.
        status: String,
        /// Why it failed, as a stable word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The agent's notes of what was said without it.
    Note {
        /// The notes.
        text: String,
        /// The transfer whose meeting they are of.
        transfer: ItemId,
    },
    /// The recording was begun, paused, resumed or stopped.
    Recording {
        /// Which recording.
        recording_id: RecordingId,
        /// What it does from now on.
        status: String,
        /// Who wanted it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Actor>,
        /// Why, as a stable word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Something to know.
    Warning {
        /// Stable code.
        code: String,
        /// In words.
        detail: String,
    },
}

/// Latency of one turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnLatency {
    /// Which turn, from 1.
    pub turn: u32,
    /// Whole wait.
    pub total_ms: u64,
    /// Where it went.
    pub parts: LatencyParts,
    /// What no part explains.
    pub unaccounted_ms: u64,
}
