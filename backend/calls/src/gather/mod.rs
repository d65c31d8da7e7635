//! Calls of turns: the carrier hears and speaks itself, tells what it has heard and asks what to say next.
//!
//! A call's conversation runs on between the turns, on the instance that had the last one. Any instance may get the
//! next: it takes the conversation over from what is stored and seen of it.

mod answers;
mod desk;
mod kept;
#[cfg(test)]
mod order_tests;
mod prompt;
mod run;
#[cfg(test)]
mod tests;
mod turns;
mod wire;

use phony_conversation::Snapshot;
use phony_conversation::core::Handoff;
use phony_conversation::plan::CallPlan;
use phony_kernel::ItemId;
use serde::{Deserialize, Serialize};

pub(crate) use desk::Desk;
pub(crate) use kept::key as kept_key;

/// A turn of a call that the carrier may take.
#[derive(Debug)]
pub struct GatherOpening {
    /// What the conversation needs to know.
    pub plan: CallPlan,
    /// How far it has come; nothing for a call that begins.
    pub resumed: Option<Snapshot>,
    /// Whether no turn was there before it.
    pub first: bool,
    /// What proves that a turn is the call's.
    pub token: String,
}

/// What the carrier says of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct GatherTurn {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The number of the answer that it follows; 0 before there was any.
    pub number: u64,
    /// What the caller did.
    pub heard: GatherHeard,
}

/// What the carrier heard.
#[derive(Debug, Clone, PartialEq)]
pub enum GatherHeard {
    /// It has not listened: it comes for what there is to say.
    Here,
    /// Words.
    Words {
        /// Which.
        text: String,
        /// How sure the carrier is, 0 to 1; not to be relied upon.
        confidence: Option<f64>,
        /// Language, if known.
        language: Option<String>,
    },
    /// Keys, in their order.
    Keys(String),
    /// Nothing in the time that it was given.
    Nothing,
}

/// What the caller has said so far of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatherPartial {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The number of the answer that it follows.
    pub number: u64,
    /// The carrier's count within the turn.
    pub sequence: Option<i64>,
    /// All words so far.
    pub text: String,
}

/// What the carrier is to say and to do next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GatherAnswer {
    /// Its number, which the turn that follows is to bring.
    pub number: u64,
    /// Voice of the personality, by its catalogue name.
    pub voice: String,
    /// Language of the words, BCP 47.
    pub language: String,
    /// What is said first.
    pub say: Vec<GatherLine>,
    /// What is done then.
    pub next: GatherNext,
}

/// Words to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatherLine {
    /// The line that they belong to.
    pub item: ItemId,
    /// Which.
    pub text: String,
    /// Whether the caller's voice may stop them.
    pub interruptible: bool,
    /// Keys that are pressed in place of words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
}

impl GatherLine {
    /// Whether there is nothing to say and nothing to press.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.keys.is_none()
    }
}

/// What follows the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatherNext {
    /// Listen to the caller, and begin with it while the words are said.
    Listen {
        /// How long the caller may be silent.
        timeout_seconds: u32,
    },
    /// Come again at once: there is more to say.
    ComeBack,
    /// Come again with the same turn: nobody could take it.
    TryAgain,
    /// The conversation is over.
    GiveBack(Handoff),
}

/// The carrier shall come at once, although the caller has not finished: there is something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nudge {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// What proves that the turn is the call's.
    pub token: String,
    /// The number of the last answer.
    pub number: u64,
}
