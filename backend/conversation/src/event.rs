//! What happens in a call, as browsers, webhooks and the database see it. Names as in api.md §4.

mod audience;
mod latency;

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, ConversationState, Ending};
use phony_kernel::{ItemId, RecordingId};
use serde::{Deserialize, Serialize};

use crate::command::{Action, ActionStatus, Actor, TakeoverVia, TransferKind};
use crate::plan::{ApprovalMode, ApprovalTimeout, ClarificationTimeout};
use crate::supervision::{ApprovalDecision, ApprovalOutcome, Attention, TakeoverReason};

pub use latency::LatencyParts;

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
        on_timeout: ClarificationTimeout,
    },
    /// A supervisor answered.
    #[serde(rename = "clarification.answered")]
    ClarificationAnswered {
        /// Which question.
        clarification_id: ItemId,
        /// The answer; empty when the agent is to decide itself.
        answer: String,
        /// The agent is to decide itself.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decide: bool,
        /// Who.
        by: Actor,
    },
    /// Nobody answered in time.
    #[serde(rename = "clarification.expired")]
    ClarificationExpired {
        /// Which question.
        clarification_id: ItemId,
        /// What was done; nothing when the call ended or a person speaks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        did: Option<ClarificationTimeout>,
    },
    /// From now on replies are held for approval like this.
    #[serde(rename = "approval.mode")]
    ApprovalMode {
        /// How.
        mode: ApprovalMode,
        /// Who wants it; nobody is the personality.
        actor: Option<Actor>,
    },
    /// A reply of the agent is held until somebody decides.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// The id to decide by.
        approval_id: ItemId,
        /// The line that the words become.
        item_id: ItemId,
        /// The words; empty when only commands are held.
        text: String,
        /// What is done with the reply, in the form `transfer: billing`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        commands: Vec<String>,
        /// Until when.
        expires_at: DateTime<Utc>,
        /// What happens then.
        on_timeout: ApprovalTimeout,
    },
    /// Somebody has decided on a held reply.
    #[serde(rename = "approval.decided")]
    ApprovalDecided {
        /// Which.
        approval_id: ItemId,
        /// How.
        decision: ApprovalDecision,
        /// Who.
        actor: Actor,
        /// What is said instead, when it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// What the agent is told, when it was rejected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guidance: Option<String>,
    },
    /// Nobody decided on a held reply in time, or it is not wanted any more.
    #[serde(rename = "approval.expired")]
    ApprovalExpired {
        /// Which.
        approval_id: ItemId,
        /// What was done.
        did: ApprovalOutcome,
    },
    /// Somebody watches the call.
    #[serde(rename = "supervision.joined")]
    SupervisionJoined {
        /// Who.
        actor: Actor,
    },
    /// Somebody watches no more.
    #[serde(rename = "supervision.left")]
    SupervisionLeft {
        /// Who.
        actor: Actor,
    },
    /// One person handles the call from now on, or nobody.
    #[serde(rename = "supervision.claimed")]
    SupervisionClaimed {
        /// Who.
        actor: Option<Actor>,
    },
    /// A person has written something down for colleagues; the agent does not know of it.
    #[serde(rename = "supervision.noted")]
    SupervisionNoted {
        /// The line.
        item_id: ItemId,
        /// Who.
        actor: Actor,
        /// What.
        text: String,
    },
    /// A person speaks with the caller in the agent's place, or the agent again.
    #[serde(rename = "takeover.changed")]
    TakeoverChanged {
        /// Who speaks; nobody is the agent.
        actor: Option<Actor>,
        /// How.
        via: Option<TakeoverVia>,
        /// Why it changed.
        reason: TakeoverReason,
    },
    /// What in the call asks for a person has changed; replaces what was told before.
    #[serde(rename = "attention.changed")]
    AttentionChanged {
        /// All of it.
        attention: Vec<Attention>,
        /// How the caller sounds by their words: -1, 0 or 1; none before they tell.
        mood: Option<i8>,
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
