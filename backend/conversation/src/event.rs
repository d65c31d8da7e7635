//! What happens in a call, as browsers, webhooks and the database see it. Names as in api.md §4.

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, ConversationState, Ending};
use phony_kernel::{ItemId, RecordingId};
use serde::{Deserialize, Serialize};

use crate::command::{Action, ActionStatus, Actor, TransferKind};

/// One happening of one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts within the call, from 1, without gaps at its maker.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Milliseconds since the conversation began.
    pub offset_ms: u64,
    /// What.
    #[serde(flatten)]
    pub body: EventBody,
}

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
    /// A supervisor, spoken by the agent's voice or their own.
    Supervisor,
    /// Somebody the caller was handed to.
    Colleague,
}

/// The parts of a turn's latency; they add up to the total with what is unaccounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LatencyParts {
    /// Waiting for the end of the caller's speech to be certain.
    pub endpoint_wait: u64,
    /// Until the final transcript.
    pub stt_final: u64,
    /// Waiting in our queues.
    pub queue: u64,
    /// Tools.
    pub tool: u64,
    /// Waiting for a supervisor's approval.
    pub approval_wait: u64,
    /// Request to first model token.
    pub model_first: u64,
    /// Text to first sound.
    pub tts_first: u64,
    /// Through the carrier.
    pub carrier_out: u64,
}

impl LatencyParts {
    /// Sum of all parts.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.endpoint_wait
            + self.stt_final
            + self.queue
            + self.tool
            + self.approval_wait
            + self.model_first
            + self.tts_first
            + self.carrier_out
    }
}

/// The happening itself, in the form `{"event": name, "data": {…}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data")]
pub enum EventBody {
    /// The call moved on.
    #[serde(rename = "call.state")]
    CallState {
        /// Where it stands now.
        status: CallStatus,
        /// How it ended, once it has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ending: Option<Ending>,
    },
    /// The conversation moved on.
    #[serde(rename = "conversation.state")]
    ConversationState {
        /// What it does now.
        state: ConversationState,
    },
    /// Somebody began to speak.
    #[serde(rename = "speech.started")]
    SpeechStarted {
        /// The line it will be.
        item_id: ItemId,
        /// Who.
        speaker: Speaker,
    },
    /// What was said so far; replaces the partial before it.
    #[serde(rename = "speech.partial")]
    SpeechPartial {
        /// The line.
        item_id: ItemId,
        /// Who.
        speaker: Speaker,
        /// All of it so far.
        text: String,
    },
    /// What was said.
    #[serde(rename = "speech.final")]
    SpeechFinal {
        /// The line.
        item_id: ItemId,
        /// Who.
        speaker: Speaker,
        /// All of it.
        text: String,
        /// Language, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// The caller has heard the whole of a line.
    #[serde(rename = "speech.heard")]
    SpeechHeard {
        /// The line.
        item_id: ItemId,
    },
    /// The caller cut a line off; only `heard` stays in memory.
    #[serde(rename = "speech.interrupted")]
    SpeechInterrupted {
        /// The line.
        item_id: ItemId,
        /// What the caller heard.
        heard: String,
        /// What was said but not heard.
        unheard: String,
        /// Played until the cut, if the carrier says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heard_ms: Option<u64>,
    },
    /// The caller pressed a key.
    #[serde(rename = "dtmf.received")]
    DtmfReceived {
        /// The line.
        item_id: ItemId,
        /// Which.
        digit: String,
    },
    /// Keys were pressed towards the caller's side.
    #[serde(rename = "dtmf.sent")]
    DtmfSent {
        /// The line.
        item_id: ItemId,
        /// Which.
        digits: String,
    },
    /// An inline command of the model was executed or refused.
    #[serde(rename = "command.executed")]
    CommandExecuted {
        /// The line.
        item_id: ItemId,
        /// `press`, `transfer`, `end_call`, `request_user`.
        command: String,
        /// What it was given.
        argument: String,
        /// Whether it was done.
        done: bool,
        /// Why not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<String>,
    },
    /// The agent asks a supervisor.
    #[serde(rename = "clarification.requested")]
    ClarificationRequested {
        /// The line, and the id to answer with.
        clarification_id: ItemId,
        /// The question.
        question: String,
        /// Until when.
        expires_at: DateTime<Utc>,
        /// What happens then.
        on_timeout: crate::plan::ClarificationTimeout,
    },
    /// A supervisor answered.
    #[serde(rename = "clarification.answered")]
    ClarificationAnswered {
        /// Which question.
        clarification_id: ItemId,
        /// The answer.
        answer: String,
        /// Who.
        by: Actor,
    },
    /// Nobody answered in time.
    #[serde(rename = "clarification.expired")]
    ClarificationExpired {
        /// Which question.
        clarification_id: ItemId,
    },
    /// A transfer moved on.
    #[serde(rename = "transfer.updated")]
    TransferUpdated {
        /// The line.
        item_id: ItemId,
        /// Where to.
        to: String,
        /// How.
        #[serde(default)]
        kind: TransferKind,
        /// Cold: `requested`, `dialing`, `completed`, `failed`. Warm: `requested`, `ringing`, `asked`, `accepted`,
        /// `joined`, `completed`, `failed`.
        status: String,
        /// Why it failed, as a stable word: `busy`, `no_answer`, `failed`, `rejected`, `mailbox`, `target_hung_up`,
        /// `accept_timeout`, `carrier_error`, `caller_hangup`, `canceled`, `connection_lost`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The agent has kept notes of what was said without it.
    #[serde(rename = "note.added")]
    NoteAdded {
        /// The line.
        item_id: ItemId,
        /// The notes.
        text: String,
        /// The transfer whose meeting they are of.
        transfer: ItemId,
    },
    /// A recording of the call moved on.
    #[serde(rename = "recording.updated")]
    RecordingUpdated {
        /// The line.
        item_id: ItemId,
        /// Which recording.
        recording_id: RecordingId,
        /// `recording`, `paused`, `stopped`, `ready`, `absent`, `failed` or `deleted`.
        status: String,
        /// Who wanted it; nobody is the policy of the number, the model or the carrier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Actor>,
        /// Why, as a stable word: `policy`, `api`, `card_data`, `request`, `refused`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An act of a supervisor moved on.
    #[serde(rename = "supervisor.action")]
    SupervisorAction {
        /// The line.
        item_id: ItemId,
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
    /// The call came back on another socket.
    #[serde(rename = "call.resumed")]
    CallResumed {
        /// Why it had been lost.
        reason: String,
    },
    /// How long the caller waited for an answer.
    #[serde(rename = "latency.turn")]
    LatencyTurn {
        /// Which turn, from 1.
        turn: u32,
        /// End of the caller's words to first word of the answer.
        total_ms: u64,
        /// Where the time went.
        parts: LatencyParts,
        /// What no part explains.
        unaccounted_ms: u64,
    },
    /// What the call has cost so far.
    #[serde(rename = "cost.tick")]
    CostTick {
        /// Decimal.
        amount: String,
        /// ISO 4217.
        currency: String,
    },
    /// Something a supervisor should know.
    #[serde(rename = "warning")]
    Warning {
        /// The line.
        item_id: ItemId,
        /// Stable code.
        code: String,
        /// In words.
        detail: String,
    },
}

impl EventBody {
    /// Its name on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CallState { .. } => "call.state",
            Self::ConversationState { .. } => "conversation.state",
            Self::SpeechStarted { .. } => "speech.started",
            Self::SpeechPartial { .. } => "speech.partial",
            Self::SpeechFinal { .. } => "speech.final",
            Self::SpeechHeard { .. } => "speech.heard",
            Self::SpeechInterrupted { .. } => "speech.interrupted",
            Self::DtmfReceived { .. } => "dtmf.received",
            Self::DtmfSent { .. } => "dtmf.sent",
            Self::CommandExecuted { .. } => "command.executed",
            Self::ClarificationRequested { .. } => "clarification.requested",
            Self::ClarificationAnswered { .. } => "clarification.answered",
            Self::ClarificationExpired { .. } => "clarification.expired",
            Self::TransferUpdated { .. } => "transfer.updated",
            Self::NoteAdded { .. } => "note.added",
            Self::RecordingUpdated { .. } => "recording.updated",
            Self::SupervisorAction { .. } => "supervisor.action",
            Self::CallResumed { .. } => "call.resumed",
            Self::LatencyTurn { .. } => "latency.turn",
            Self::CostTick { .. } => "cost.tick",
            Self::Warning { .. } => "warning",
        }
    }

    /// Whether it is kept for ever; the others only feed the live view.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::SpeechPartial { .. } | Self::ConversationState { .. } | Self::CostTick { .. }
        )
    }

    /// Whether the wall of calls shows it, and not only the call's own console.
    #[must_use]
    pub fn is_for_wall(&self) -> bool {
        matches!(
            self,
            Self::CallState { .. }
                | Self::ConversationState { .. }
                | Self::SpeechFinal { .. }
                | Self::ClarificationRequested { .. }
                | Self::ClarificationAnswered { .. }
                | Self::ClarificationExpired { .. }
                | Self::LatencyTurn { .. }
                | Self::CostTick { .. }
                | Self::Warning { .. }
        )
    }

    /// Whether it holds words of the talk, which not every role may read.
    #[must_use]
    pub fn has_words(&self) -> bool {
        !matches!(
            self,
            Self::CallState { .. }
                | Self::ConversationState { .. }
                | Self::SpeechStarted { .. }
                | Self::SpeechHeard { .. }
                | Self::CallResumed { .. }
                | Self::RecordingUpdated { .. }
                | Self::LatencyTurn { .. }
                | Self::CostTick { .. }
                | Self::Warning { .. }
        )
    }
}
