//! What goes into the core and what comes out of it.

use chrono::{DateTime, Utc};
use phony_kernel::call::{Ending, Engine};
use phony_kernel::{E164, ItemId};
use serde::{Deserialize, Serialize};

use crate::command::{ActionStatus, Command, RecordOp};
use crate::event::{Event, EventBody};
use crate::record::Usage;

use super::inline::InlineCommand;

/// The time, as its owner sees it: the core has no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of a clock that never goes back, from any fixed point.
    pub ms: u64,
    /// The time of day.
    pub at: DateTime<Utc>,
}

/// One request to the model. Also the id of the line that its words become.
pub type ReplyId = ItemId;

/// Who said a line of the model's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Us: who the agent is, and notes about what happened.
    System,
    /// The caller.
    User,
    /// The agent.
    Assistant,
}

/// One line of the model's context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who.
    pub role: Role,
    /// What.
    pub content: String,
}

/// What a reply used, as its provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelUsage {
    /// Tokens read, the cached ones included.
    pub text_in: u64,
    /// Tokens read from the provider's cache.
    pub text_in_cached: u64,
    /// Tokens written.
    pub text_out: u64,
    /// Tokens heard, the cached ones included.
    pub audio_in: u64,
    /// Tokens heard from the provider's cache.
    pub audio_in_cached: u64,
    /// Tokens spoken.
    pub audio_out: u64,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The caller's socket is up; also after it was lost.
    Connected,
    /// The caller is speaking: all of it so far.
    CallerPartial {
        /// The words.
        text: String,
    },
    /// The caller has said something.
    CallerFinal {
        /// The words.
        text: String,
        /// Language, if known.
        language: Option<String>,
    },
    /// The caller's voice began; the words come later. Only from engines that hear the voice themselves, as are
    /// the next three.
    CallerSpeaking {
        /// The line that it will be.
        line: ItemId,
    },
    /// The caller has finished: a turn, whose words may not be known yet.
    CallerTurn {
        /// The line.
        line: ItemId,
        /// How long the caller has been quiet, which it took to be certain.
        quiet_ms: u64,
    },
    /// The words of a turn.
    CallerWords {
        /// The line.
        line: ItemId,
        /// The words; none if they could not be made out.
        text: String,
        /// Language, if known.
        language: Option<String>,
    },
    /// What sounded like the caller's voice was a cough, a hum or a noise.
    CallerNoise {
        /// The line that there is not.
        line: ItemId,
    },
    /// The carrier has waited for the caller and heard nothing.
    NoInput,
    /// The caller pressed a key.
    Dtmf {
        /// Which.
        digit: String,
    },
    /// The caller spoke over the agent and the carrier has stopped the agent's voice.
    CallerInterrupted {
        /// What the caller heard.
        heard: String,
        /// For how long.
        heard_ms: Option<u64>,
    },
    /// The carrier says that it has spoken this text.
    Played {
        /// The text.
        text: String,
    },
    /// The carrier says that the agent's voice began or stopped.
    AgentSpeaking {
        /// Began.
        on: bool,
    },
    /// The provider has named its response.
    ModelStarted {
        /// Which request.
        reply: ReplyId,
        /// The provider's id.
        response_id: String,
    },
    /// The next words of the model.
    ModelToken {
        /// Which request.
        reply: ReplyId,
        /// The words.
        text: String,
    },
    /// The model is done.
    ModelFinished {
        /// Which request.
        reply: ReplyId,
        /// What it used; none is estimated.
        usage: Option<ModelUsage>,
    },
    /// The model failed.
    ModelFailed {
        /// Which request.
        reply: ReplyId,
        /// Whether the same request may succeed.
        retryable: bool,
        /// Wait that the provider asks for.
        retry_after_ms: Option<u64>,
        /// What failed, without secrets.
        detail: String,
    },
    /// The model calls one of the functions that stand for commands.
    ModelCommand {
        /// Which request.
        reply: ReplyId,
        /// What it wants.
        command: InlineCommand,
    },
    /// A response of the model used this, whoever had asked for it. From engines that tell of every response apart
    /// from [`Self::ModelFinished`], which then has no figures.
    ModelUsed {
        /// The provider's id of the response.
        response_id: String,
        /// What it used.
        used: ModelUsage,
    },
    /// Writing down the caller's words used this.
    TranscriptionUsed {
        /// The provider's id of what was written down.
        response_id: String,
        /// The model that wrote.
        model: String,
        /// Length of the sound.
        ms: u64,
    },
    /// Something of the engine that a supervisor should know, as that it was lost and is being reached again.
    EngineEvent {
        /// Stable code.
        code: &'static str,
        /// In words, without secrets.
        detail: String,
    },
    /// The engine has failed for good: no voice of it reaches the caller any more.
    EngineDown {
        /// What failed, without secrets.
        detail: String,
    },
    /// Something about the call that others have done, as with its recording: to be told in its place.
    Noted(EventBody),
    /// News of the warm transfer that begins with this line.
    Transfer {
        /// Which.
        transfer: ItemId,
        /// What.
        news: TransferNews,
    },
    /// A supervisor or a program acts.
    Command(Command),
    /// The caller's socket was lost; the caller may come back on another.
    SocketClosed {
        /// Why, as far as known.
        cause: String,
    },
    /// The caller hung up.
    CallerHungUp,
    /// Somebody else knows how the call ended, as the carrier does.
    EndedOutside(Ending),
    /// This instance goes away and waits no longer: let the call go to another one at the next pause, or at once
    /// when it is said again.
    Drain,
}

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
    Join,
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
