//! A call as it stands: the fold of its events. The same fold feeds REST, the live socket and the tests.

mod item;
mod supervision;

use phony_kernel::ItemId;
use phony_kernel::call::{CallStatus, ConversationState, Ending};
use serde::{Deserialize, Serialize};

use crate::command::Actor;
use crate::event::{Event, EventBody, Speaker};
use crate::plan::ApprovalMode;
use crate::supervision::{Attention, OpenApproval, Takeover};

pub use item::{Item, ItemBody, TurnLatency};

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
    /// Who watches, in the order in which they came.
    #[serde(default)]
    pub watchers: Vec<Actor>,
    /// Who handles the call.
    #[serde(default)]
    pub claimed_by: Option<Actor>,
    /// Who speaks with the caller in the agent's place.
    #[serde(default)]
    pub takeover: Option<Takeover>,
    /// Which replies are held for approval; none was told is none are.
    #[serde(default)]
    pub approval_mode: Option<ApprovalMode>,
    /// Replies that are held.
    #[serde(default)]
    pub approvals: Vec<OpenApproval>,
    /// What asks for a person.
    #[serde(default)]
    pub attention: Vec<Attention>,
    /// How the caller sounds by their words: -1, 0 or 1.
    #[serde(default)]
    pub mood: Option<i8>,
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
                    self.let_go();
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
                language: told,
            } => {
                // What was taken for a voice was none.
                if text.is_empty() {
                    self.items.retain(|item| item.id != *item_id);
                    return;
                }
                self.speech(event, *item_id, *speaker, text, true);
                if let Some(ItemBody::Speech { language, .. }) = self.body_mut(*item_id) {
                    language.clone_from(told);
                }
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
            EventBody::ClarificationRequested { .. }
            | EventBody::ClarificationAnswered { .. }
            | EventBody::ClarificationExpired { .. } => self.apply_clarification(event),
            EventBody::ApprovalMode { .. }
            | EventBody::ApprovalRequested { .. }
            | EventBody::ApprovalDecided { .. }
            | EventBody::ApprovalExpired { .. } => self.apply_approval(event),
            EventBody::SupervisionJoined { .. }
            | EventBody::SupervisionLeft { .. }
            | EventBody::SupervisionClaimed { .. }
            | EventBody::SupervisionNoted { .. }
            | EventBody::TakeoverChanged { .. }
            | EventBody::AttentionChanged { .. } => self.apply_supervision(event),
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
            EventBody::NoteAdded {
                item_id,
                text,
                transfer,
            } => self.push(
                event,
                *item_id,
                ItemBody::Note {
                    text: text.clone(),
                    transfer: *transfer,
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
            language: None,
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
