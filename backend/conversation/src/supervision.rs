//! What people who attend a call see of each other and of what asks for them.

use chrono::{DateTime, Utc};
use phony_kernel::ItemId;
use phony_kernel::call::ConversationState;
use serde::{Deserialize, Serialize};

use crate::command::{Actor, TakeoverVia};
use crate::event::Speaker;
use crate::plan::ApprovalTimeout;

/// How somebody decided on a held reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalDecision {
    /// Said as it is.
    Approved,
    /// Said in other words.
    Edited,
    /// Not said; the agent answers in another way.
    Rejected,
}

/// What became of a held reply that nobody decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalOutcome {
    /// Said as it is.
    Speak,
    /// The caller was asked for a moment, and it was asked once more.
    HoldAndAskAgain,
    /// The caller was handed to a colleague.
    Transfer,
    /// The caller was offered that somebody calls back.
    OfferCallback,
    /// Not said, because the caller spoke on, somebody else has the word, or the call ended.
    Withdrawn,
}

/// Why the one who speaks with the caller changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverReason {
    /// A person took the call over.
    Taken,
    /// They gave it back.
    HandedBack,
    /// Their browser is gone.
    Lapsed,
    /// The call ended or went to somebody else.
    Ended,
}

/// A person who speaks with the caller in the agent's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takeover {
    /// Who.
    pub actor: Actor,
    /// How.
    pub via: TakeoverVia,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A reply that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenApproval {
    /// The id to decide by.
    pub approval_id: ItemId,
    /// The line that the words become.
    pub item_id: ItemId,
    /// The words.
    pub text: String,
    /// What is done with the reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// What happens then.
    pub on_timeout: ApprovalTimeout,
}

/// Why a call asks for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// The agent has asked something.
    Clarification,
    /// A reply is held.
    Approval,
    /// A person speaks with the caller.
    Takeover,
    /// The caller's words sound unhappy.
    Unhappy,
    /// The caller does not answer.
    Silent,
    /// The last answer came late.
    Slow,
    /// The call lasts long.
    Long,
}

/// Why a caller is taken for unhappy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoodReason {
    /// They want to speak with a person.
    AskedForPerson,
    /// Their words complain.
    Complains,
    /// They say the same again.
    Repeats,
    /// They interrupt the agent again and again.
    Interrupts,
}

/// One reason why a call asks for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Which.
    pub kind: AttentionKind,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when somebody can answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Why, of a caller who is unhappy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<MoodReason>,
}

/// The words that were said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWords {
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
}

/// A live call in outline, for the wall.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// What the conversation does.
    pub state: Option<ConversationState>,
    /// Who handles the call.
    pub claimed_by: Option<Actor>,
    /// How many people watch.
    pub watchers_count: usize,
    /// What asks for a person.
    pub attention: Vec<Attention>,
    /// The words that were said last.
    pub last_words: Option<LastWords>,
    /// How long the caller waited for the last answer, without a wait for approval.
    pub last_reply_ms: Option<u64>,
    /// How the caller sounds by their words: -1, 0 or 1.
    pub mood: Option<i8>,
}
