//! What goes into the core. What comes out is in `effects`.

use chrono::{DateTime, Utc};
use phony_kernel::ItemId;
use phony_kernel::call::Ending;
use serde::{Deserialize, Serialize};

use crate::command::{Actor, Command, TakeoverVia};
use crate::event::EventBody;

use super::inline::InlineCommand;

pub use super::effects::{Effect, Handoff};
pub use super::transfers::news::{TransferNews, TransferStep};

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
    /// Somebody watches by this socket; to be said again before [`super::WATCHED_FOR_MS`] are over.
    Watching {
        /// The socket's own id.
        socket: String,
        /// Who.
        actor: Actor,
    },
    /// A socket watches no more.
    WatchingEnded {
        /// The socket's own id.
        socket: String,
    },
    /// The one who has taken the call over is still there.
    TakeoverRenewed {
        /// Their id.
        actor: String,
        /// What they speak by.
        via: TakeoverVia,
    },
    /// The socket of the one who has taken the call over is gone.
    TakeoverLapsed {
        /// Their id.
        actor: String,
        /// What they speak by.
        via: TakeoverVia,
    },
    /// What a person has said to the caller with their own voice, written down.
    SupervisorWords {
        /// The line.
        line: ItemId,
        /// Who.
        actor: Actor,
        /// The words.
        text: String,
    },
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
