//! What a supervisor or a program may do to a live call.

use serde::{Deserialize, Serialize};

use crate::plan::ApprovalMode;

/// Who acts. Carried with the command for the ledger and the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `usr_…` or `key_…`.
    pub id: String,
    /// Name shown to the others.
    pub name: String,
}

/// One act on one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Made by the client; the same id twice is one act.
    pub action_id: String,
    /// Who acts.
    pub actor: Actor,
    /// What is done.
    pub action: Action,
}

/// How a *say* is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SayMode {
    /// Spoken to the caller word for word.
    #[default]
    Verbatim,
    /// Told to the model; the caller does not hear it.
    Guidance,
}

/// When a *say* happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SayWhen {
    /// At once, interrupting the agent.
    #[default]
    Now,
    /// When the agent's turn is over.
    AfterTurn,
}

/// What is done to the recording of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordOp {
    /// Record from now on.
    Start,
    /// Leave out what follows, as while a card number is told.
    Pause,
    /// Go on.
    Resume,
    /// Record no more.
    Stop,
}

impl RecordOp {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }
}

/// How a caller is handed to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// The caller is sent on and rings there.
    #[default]
    Cold,
    /// The caller waits while the target is told what it is about and asked whether they take the call.
    Warm,
}

impl TransferKind {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// What the agent does once a warm transfer has brought the caller to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StayAs {
    /// Listens without a word, and keeps what was said and notes of it. Only with an engine that hears sound.
    NoteTaker,
}

impl StayAs {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoteTaker => "note_taker",
        }
    }
}

/// How a person speaks with the caller in the agent's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverVia {
    /// With their own voice. Only with an engine that carries sound.
    Microphone,
    /// By writing; the agent's voice speaks it.
    Keyboard,
}

impl TakeoverVia {
    /// As stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Keyboard => "keyboard",
        }
    }
}

/// The acts of api.md §2 that a call understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Say something to the caller, or to the model.
    Say {
        /// The words, at most 1,000 characters.
        text: String,
        /// Word for word, or as guidance.
        #[serde(default)]
        mode: SayMode,
        /// Now, or after the turn.
        #[serde(default)]
        when: SayWhen,
    },
    /// Press keys towards the caller's side.
    Dtmf {
        /// `0-9 * # w`, at most 32.
        digits: String,
    },
    /// Hand the caller to somebody.
    Transfer {
        /// Alias or number on the personality's list, or another number that is allowed.
        to: String,
        /// How; without it as the target is set, cold for a number that is not on the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<TransferKind>,
        /// What a warm transfer tells the target; without it the talk is summed up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        brief: Option<String>,
        /// What the agent does after a warm transfer; without it as the target is set, else it leaves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stay_as: Option<StayAs>,
        /// Whether the tenant's rules allow `to` although it is not on the list. Only ever set by us.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        allowed: bool,
    },
    /// Let the caller wait; the agent is silent.
    Hold,
    /// End the wait.
    Unhold,
    /// End the call.
    End {
        /// Last sentence, said first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        say: Option<String>,
    },
    /// Record the call, or not. Done beside the conversation, at the carrier.
    Record {
        /// What.
        op: RecordOp,
    },
    /// Answer what the agent asked.
    Clarify {
        /// Which question.
        clarification_id: String,
        /// The answer, woven in by the model.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        answer: String,
        /// There is no answer: the agent decides itself.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decide: bool,
    },
    /// Handle the call: acts of others fail meanwhile.
    Claim {
        /// Also when somebody else handles it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        take: bool,
    },
    /// Handle it no more.
    Release {
        /// Also for somebody else. Only ever set by us, for admins.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        any: bool,
    },
    /// Write something down for colleagues.
    Note {
        /// The words, at most 1,000 characters.
        text: String,
    },
    /// Say which replies are held for approval from now on.
    ApprovalMode {
        /// Which.
        mode: ApprovalMode,
    },
    /// Let a held reply be said.
    Approve {
        /// Which.
        approval_id: String,
        /// In these words instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// Do not let a held reply be said.
    Reject {
        /// Which.
        approval_id: String,
        /// What the agent is told for its next try.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guidance: Option<String>,
    },
    /// Speak with the caller in the agent's place; said again, it is kept.
    Takeover {
        /// How.
        via: TakeoverVia,
    },
    /// Give the call back to the agent.
    Handback {
        /// What the agent is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl Action {
    /// Its name in the API.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Say { .. } => "say",
            Self::Dtmf { .. } => "dtmf",
            Self::Transfer { .. } => "transfer",
            Self::Hold => "hold",
            Self::Unhold => "unhold",
            Self::End { .. } => "end",
            Self::Record { .. } => "record",
            Self::Clarify { .. } => "clarify",
            Self::Claim { .. } => "claim",
            Self::Release { .. } => "release",
            Self::Note { .. } => "note",
            Self::ApprovalMode { .. } => "approval_mode",
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::Takeover { .. } => "takeover",
            Self::Handback { .. } => "handback",
        }
    }
}

/// How far an act has got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ActionStatus {
    /// On its way to the call.
    Accepted,
    /// Done.
    Applied,
    /// Not possible.
    Failed {
        /// Stable code.
        code: String,
        /// In words.
        detail: String,
    },
    /// Another act came first.
    Superseded,
}
