//! A call as it stands: the fold of its events. The same fold feeds REST, the live socket and the tests.

use chrono::{DateTime, Utc};
use phony_kernel::call::{CallStatus, ConversationState, Ending};
use phony_kernel::{ItemId, RecordingId};
use serde::{Deserialize, Serialize};

use crate::command::{Action, ActionStatus, Actor, TransferKind};
use crate::event::{Event, EventBody, LatencyParts, Speaker};

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
        /// The answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
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

/// A call as it stands after some event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Last event folded in.
    pub seq: u64,
    /// Where the call stands.
    pub status: Option<CallStatus>,
    /// What the conversation does.
    pub state: Option<ConversationState>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// The ledger.
    pub items: Vec<Item>,
    /// Every turn's latency.
    pub turns: Vec<TurnLatency>,
    /// Cost so far, decimal.
    pub cost_amount: Option<String>,
    /// What the call's newest recording does; none is a call that never had one.
    #[serde(default)]
    pub recording: Option<String>,
}

impl Snapshot {
    /// Folds one event in. Events at or before `seq` change nothing, so a repeat is harmless.
    pub fn apply(&mut self, event: &Event) {
        if event.seq <= self.seq {
            return;
        }
        self.seq = event.seq;
        match &event.body {
            EventBody::CallState { status, ending } => {
                // The carrier's word and the conversation's may cross on their way.
                if self.status.is_none_or(|before| status.rank() >= before.rank()) {
                    self.status = Some(*status);
                }
                if let Some(ending) = ending {
                    self.ending = Some(ending.clone());
                }
                if *status == CallStatus::Ended {
                    self.state = None;
                }
            }
            EventBody::ConversationState { state } => self.state = Some(*state),
            EventBody::SpeechStarted { item_id, speaker } => {
                self.speech(event, *item_id, *speaker, "", false);
            }
            EventBody::SpeechPartial {
                item_id,
                speaker,
                text,
            } => {
                self.speech(event, *item_id, *speaker, text, false);
            }
            EventBody::SpeechFinal {
                item_id,
                speaker,
                text,
                ..
            } => {
                // What was taken for a voice was none.
                if text.is_empty() {
                    self.items.retain(|item| item.id != *item_id);
                    return;
                }
                self.speech(event, *item_id, *speaker, text, true);
            }
            EventBody::SpeechHeard { item_id } => {
                if let Some(ItemBody::Speech { text, heard, .. }) = self.body_mut(*item_id) {
                    *heard = Some(text.clone());
                }
            }
            EventBody::SpeechInterrupted {
                item_id,
                heard: until,
                ..
            } => {
                if let Some(ItemBody::Speech {
                    heard,
                    interrupted,
                    complete,
                    ..
                }) = self.body_mut(*item_id)
                {
                    *heard = Some(until.clone());
                    *interrupted = true;
                    *complete = true;
                }
            }
            EventBody::DtmfReceived { item_id, digit } => {
                self.push(
                    event,
                    *item_id,
                    ItemBody::DtmfReceived {
                        digits: digit.clone(),
                    },
                );
            }
            EventBody::DtmfSent { item_id, digits } => {
                self.push(
                    event,
                    *item_id,
                    ItemBody::DtmfSent {
                        digits: digits.clone(),
                    },
                );
            }
            EventBody::CommandExecuted {
                item_id,
                command,
                argument,
                done,
                refusal,
            } => self.push(
                event,
                *item_id,
                ItemBody::Command {
                    command: command.clone(),
                    argument: argument.clone(),
                    done: *done,
                    refusal: refusal.clone(),
                },
            ),
            EventBody::ClarificationRequested {
                clarification_id,
                question,
                expires_at,
                ..
            } => self.push(
                event,
                *clarification_id,
                ItemBody::Clarification {
                    question: question.clone(),
                    expires_at: *expires_at,
                    answer: None,
                    answered_by: None,
                    expired: false,
                },
            ),
            EventBody::ClarificationAnswered {
                clarification_id,
                answer: given,
                by,
            } => {
                if let Some(ItemBody::Clarification {
                    answer, answered_by, ..
                }) = self.body_mut(*clarification_id)
                {
                    *answer = Some(given.clone());
                    *answered_by = Some(by.clone());
                }
            }
            EventBody::ClarificationExpired { clarification_id } => {
                if let Some(ItemBody::Clarification { expired, .. }) = self.body_mut(*clarification_id) {
                    *expired = true;
                }
            }
            EventBody::SupervisorAction {
                item_id,
                action_id,
                action,
                by,
                status: now,
            } => {
                if let Some(ItemBody::Intervention { status, .. }) = self.body_mut(*item_id) {
                    *status = now.clone();
                } else {
                    self.push(
                        event,
                        *item_id,
                        ItemBody::Intervention {
                            action_id: action_id.clone(),
                            action: action.clone(),
                            by: by.clone(),
                            status: now.clone(),
                        },
                    );
                }
            }
            EventBody::TransferUpdated {
                item_id,
                to,
                kind,
                status,
                reason,
            } => self.push(
                event,
                *item_id,
                ItemBody::Transfer {
                    to: to.clone(),
                    transfer_kind: *kind,
                    status: status.clone(),
                    reason: reason.clone(),
                },
            ),
            EventBody::RecordingUpdated {
                item_id,
                recording_id,
                status,
                by,
                reason,
            } => {
                self.recording = Some(status.clone());
                // What becomes of the file is no moment of the talk.
                if matches!(status.as_str(), "recording" | "paused" | "stopped") {
                    let body = ItemBody::Recording {
                        recording_id: *recording_id,
                        status: status.clone(),
                        by: by.clone(),
                        reason: reason.clone(),
                    };
                    self.push(event, *item_id, body);
                }
            }
            EventBody::LatencyTurn {
                turn,
                total_ms,
                parts,
                unaccounted_ms,
            } => {
                self.turns.retain(|known| known.turn != *turn);
                self.turns.push(TurnLatency {
                    turn: *turn,
                    total_ms: *total_ms,
                    parts: *parts,
                    unaccounted_ms: *unaccounted_ms,
                });
            }
            EventBody::CostTick { amount, .. } => self.cost_amount = Some(amount.clone()),
            EventBody::Warning {
                item_id,
                code,
                detail,
            } => self.push(
                event,
                *item_id,
                ItemBody::Warning {
                    code: code.clone(),
                    detail: detail.clone(),
                },
            ),
            EventBody::CallResumed { .. } => {}
        }
    }

    fn speech(&mut self, event: &Event, id: ItemId, speaker: Speaker, words: &str, done: bool) {
        if let Some(ItemBody::Speech { text, complete, .. }) = self.body_mut(id) {
            words.clone_into(text);
            *complete = done;
            return;
        }
        let body = ItemBody::Speech {
            speaker,
            text: words.to_owned(),
            complete: done,
            heard: None,
            interrupted: false,
        };
        self.push(event, id, body);
    }

    fn push(&mut self, event: &Event, id: ItemId, body: ItemBody) {
        // An event that comes again under another number is still the same line.
        if let Some(known) = self.body_mut(id) {
            *known = body;
            return;
        }
        self.items.push(Item {
            id,
            seq: event.seq,
            at: event.at,
            offset_ms: event.offset_ms,
            body,
        });
    }

    fn body_mut(&mut self, id: ItemId) -> Option<&mut ItemBody> {
        self.items
            .iter_mut()
            .rev()
            .find(|item| item.id == id)
            .map(|item| &mut item.body)
    }
}
