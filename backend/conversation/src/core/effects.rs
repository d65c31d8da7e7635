//! What comes out of the core.

use phony_kernel::call::{Ending, Engine};
use phony_kernel::{E164, ItemId};
use serde::{Deserialize, Serialize};

use super::types::{Message, ReplyId, TransferStep};
use crate::command::{ActionStatus, RecordOp};
use crate::event::Event;
use crate::record::Usage;

/// What the carrier is told when the conversation gives the call back; travels through it and back to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Handoff {
    /// Hang up.
    End {
        /// Last words that the carrier says, because the engine cannot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        say: Option<String>,
    },
    /// Go on with another engine; the talk is remembered.
    Engine {
        /// Which.
        to: Engine,
        /// What the carrier says meanwhile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        say: Option<String>,
    },
    /// Dial this number and connect the caller.
    Transfer {
        /// Where it rings.
        to: E164,
        /// The number that is shown there; none is the carrier's choice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller_id: Option<E164>,
        /// What the carrier says before, because the engine cannot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        say: Option<String>,
    },
}

impl Handoff {
    /// Hang up, all is said.
    #[must_use]
    pub fn end() -> Self {
        Self::End { say: None }
    }

    /// Connect the caller, all is said.
    #[must_use]
    pub fn transfer(to: E164) -> Self {
        Self::Transfer {
            to,
            caller_id: None,
            say: None,
        }
    }
}

/// What shall happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Say this to the caller.
    Speak {
        /// The line that it belongs to.
        item: ItemId,
        /// Whether these are the words of the open request, which an engine that speaks itself has spoken already.
        by_model: bool,
        /// Whether the caller's voice may stop it.
        interruptible: bool,
        /// The words, with their own spaces; empty only to close a talk cycle.
        text: String,
        /// Whether this ends a talk cycle.
        last: bool,
        /// Whether the next talk cycle may cut this one off.
        preemptible: bool,
    },
    /// Press keys towards the caller's side.
    SendDigits {
        /// `0-9 * # w`.
        digits: String,
    },
    /// Pause, resume or stop the recording at the carrier; nothing waits for it.
    Record(RecordOp),
    /// Sum the talk up for a colleague: [`TransferNews::Briefed`] follows.
    SumUp {
        /// For which transfer.
        transfer: ItemId,
        /// The whole context of the request.
        messages: Vec<Message>,
    },
    /// A step of a warm transfer that the carrier is asked for.
    Transfer {
        /// Which.
        transfer: ItemId,
        /// What.
        step: TransferStep,
    },
    /// Give the call back to the carrier.
    EndSession {
        /// With these instructions.
        handoff: Handoff,
    },
    /// Ask the model. At most one request is open at any time.
    AskModel {
        /// Which request.
        reply: ReplyId,
        /// Its whole context.
        messages: Vec<Message>,
        /// Whether an engine with a voice of its own is to write the reply and not to speak it.
        text_only: bool,
    },
    /// Put this into the talk; only for engines that keep the talk themselves.
    Remember(Message),
    /// A command of the model was carried out, or refused for this reason. Follows every
    /// [`Input::ModelCommand`] of the open request, in order.
    CommandDone {
        /// Stable word for why not.
        refusal: Option<String>,
    },
    /// Stop the agent's voice at once, except for lines that may not be cut.
    StopVoice,
    /// Stop every voice at once, also of lines that may not be cut.
    Hush,
    /// A person's microphone is heard by the caller from now on, or no more.
    Voice {
        /// Whether it is heard.
        on: bool,
    },
    /// Give up a request; nothing more of it is wanted.
    CancelModel {
        /// Which request.
        reply: ReplyId,
    },
    /// Tell everybody.
    Emit(Event),
    /// How far an act is; follows every command, and again when it gets further.
    Acted {
        /// The client's id of the act.
        action_id: String,
        /// How far.
        status: ActionStatus,
    },
    /// First words are on their way to the caller.
    FirstAudio,
    /// A billable use.
    Use(Usage),
    /// Let the socket go without an end: the call continues at another instance. Nothing follows.
    Release,
    /// It is over. Exactly once, and nothing follows.
    Finish(Ending),
}
