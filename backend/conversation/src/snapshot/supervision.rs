//! The part of the fold that is about people: questions, approvals, who attends, who speaks.

use super::{ItemBody, Snapshot};
use crate::event::{Event, EventBody};
use crate::supervision::{ApprovalDecision, OpenApproval, Takeover};

impl Snapshot {
    pub(super) fn apply_clarification(&mut self, event: &Event) {
        match &event.body {
            EventBody::ClarificationRequested {
                clarification_id,
                question,
                expires_at,
                on_timeout,
            } => self.push(
                event,
                *clarification_id,
                ItemBody::Clarification {
                    question: question.clone(),
                    expires_at: *expires_at,
                    on_timeout: Some(*on_timeout),
                    answer: None,
                    decide: false,
                    answered_by: None,
                    expired: false,
                },
            ),
            EventBody::ClarificationAnswered {
                clarification_id,
                answer: given,
                decide: left_to_agent,
                by,
            } => {
                if let Some(ItemBody::Clarification {
                    answer,
                    answered_by,
                    decide,
                    ..
                }) = self.body_mut(*clarification_id)
                {
                    *answer = Some(given.clone()).filter(|_| !left_to_agent);
                    *decide = *left_to_agent;
                    *answered_by = Some(by.clone());
                }
            }
            EventBody::ClarificationExpired { clarification_id, .. } => {
                if let Some(ItemBody::Clarification { expired, .. }) = self.body_mut(*clarification_id) {
                    *expired = true;
                }
            }
            _ => {}
        }
    }

    pub(super) fn apply_approval(&mut self, event: &Event) {
        match &event.body {
            EventBody::ApprovalMode { mode, .. } => self.approval_mode = Some(*mode),
            EventBody::ApprovalRequested {
                approval_id,
                item_id,
                text,
                commands,
                expires_at,
                on_timeout,
            } => self.approvals.push(OpenApproval {
                approval_id: *approval_id,
                item_id: *item_id,
                text: text.clone(),
                commands: commands.clone(),
                expires_at: *expires_at,
                on_timeout: *on_timeout,
            }),
            EventBody::ApprovalDecided {
                approval_id,
                decision,
                actor,
                text: edited,
                guidance,
            } => {
                let (text, commands) = self.take_approval(*approval_id);
                let body = ItemBody::Approval {
                    text,
                    commands,
                    decision: Some(*decision),
                    edited: edited.clone().filter(|_| *decision == ApprovalDecision::Edited),
                    guidance: guidance.clone(),
                    did: None,
                    by: Some(actor.clone()),
                };
                self.push(event, *approval_id, body);
            }
            EventBody::ApprovalExpired { approval_id, did } => {
                let (text, commands) = self.take_approval(*approval_id);
                let body = ItemBody::Approval {
                    text,
                    commands,
                    decision: None,
                    edited: None,
                    guidance: None,
                    did: Some(*did),
                    by: None,
                };
                self.push(event, *approval_id, body);
            }
            _ => {}
        }
    }

    fn take_approval(&mut self, id: phony_kernel::ItemId) -> (String, Vec<String>) {
        let Some(at) = self.approvals.iter().position(|open| open.approval_id == id) else {
            return (String::new(), Vec::new());
        };
        let OpenApproval { text, commands, .. } = self.approvals.remove(at);
        (text, commands)
    }

    pub(super) fn apply_supervision(&mut self, event: &Event) {
        match &event.body {
            EventBody::SupervisionJoined { actor } => {
                self.watchers.retain(|known| known.id != actor.id);
                self.watchers.push(actor.clone());
            }
            EventBody::SupervisionLeft { actor } => self.watchers.retain(|known| known.id != actor.id),
            EventBody::SupervisionClaimed { actor } => self.claimed_by.clone_from(actor),
            EventBody::SupervisionNoted { item_id, actor, text } => self.push(
                event,
                *item_id,
                ItemBody::SupervisorNote {
                    actor: actor.clone(),
                    text: text.clone(),
                },
            ),
            EventBody::TakeoverChanged { actor, via, .. } => {
                self.takeover = actor.clone().zip(*via).map(|(actor, via)| Takeover {
                    actor,
                    via,
                    since: event.at,
                });
            }
            EventBody::AttentionChanged { attention, mood } => {
                self.attention.clone_from(attention);
                self.mood = *mood;
            }
            _ => {}
        }
    }

    /// The call is over: nobody attends it any more, and nothing waits.
    pub(super) fn let_go(&mut self) {
        self.watchers.clear();
        self.claimed_by = None;
        self.takeover = None;
        self.attention.clear();
        self.approvals.clear();
    }
}
