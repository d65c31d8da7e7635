//! Questions of the agent to a supervisor: asked, answered, or out of time.

use std::collections::VecDeque;

use chrono::TimeDelta;
use phony_kernel::ItemId;

use super::inline::sanitize;
use super::{Core, Cx};
use crate::command::Actor;
use crate::event::EventBody;
use crate::plan::ClarificationTimeout;

/// Longest question and longest answer.
const MAX_CHARS: usize = 1_000;
/// How many closed questions are remembered, to tell *closed* from *unknown*.
const MAX_CLOSED: usize = 32;

/// A question that waits.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: ItemId,
    question: String,
    pub(super) due_ms: u64,
}

/// The questions of a call.
#[derive(Debug, Default)]
pub(super) struct Clarifications {
    pub(super) pending: Option<Pending>,
    closed: VecDeque<ItemId>,
    /// How many were asked.
    pub(super) asked: u32,
    /// A question of the reply that is still being spoken; the caller is told to wait once it is over.
    pub(super) announce: bool,
}

impl Clarifications {
    fn take(&mut self) -> Option<Pending> {
        let pending = self.pending.take()?;
        if self.closed.len() == MAX_CLOSED {
            self.closed.pop_front();
        }
        self.closed.push_back(pending.id);
        Some(pending)
    }

    /// A question of an earlier socket that still waits.
    pub(super) fn resume(&mut self, id: ItemId, question: &str, due_ms: u64) {
        self.pending = Some(Pending {
            id,
            question: question.to_owned(),
            due_ms,
        });
    }

    /// A question of an earlier socket that waits no more.
    pub(super) fn resume_closed(&mut self, id: ItemId) {
        self.closed.push_back(id);
    }
}

impl Core {
    /// The agent asks. Limits have been checked.
    pub(super) fn ask_supervisor(&mut self, cx: &mut Cx<'_>, question: &str) {
        let id = ItemId::new();
        let question = sanitize(question, MAX_CHARS);
        let wait_ms = self.plan.policy.clarification_ms;
        let expires_at = cx.now.at + TimeDelta::milliseconds(i64::try_from(wait_ms).unwrap_or(i64::MAX / 2));
        self.clarifications.asked += 1;
        self.clarifications.announce = true;
        self.clarifications.pending = Some(Pending {
            id,
            question: question.clone(),
            due_ms: cx.now.ms + wait_ms,
        });
        self.memory.note(&format!(
            "Note: you asked a colleague \"{question}\". The answer is not there yet. Keep the caller company, and \
do not guess."
        ));
        self.emit(
            cx,
            EventBody::ClarificationRequested {
                clarification_id: id,
                question,
                expires_at,
                on_timeout: self.plan.policy.clarification_on_timeout,
            },
        );
    }

    /// A supervisor answers. Fails with a stable code.
    pub(super) fn answer(
        &mut self,
        cx: &mut Cx<'_>,
        id: &str,
        answer: &str,
        by: &Actor,
    ) -> Result<(), (&'static str, &'static str)> {
        let unknown = ("clarification_unknown", "the call has no such question");
        let id: ItemId = id.parse().map_err(|_| unknown)?;
        if self.clarifications.closed.contains(&id) {
            return Err((
                "clarification_closed",
                "the question was answered already, or its time ran out",
            ));
        }
        if self
            .clarifications
            .pending
            .as_ref()
            .is_none_or(|pending| pending.id != id)
        {
            return Err(unknown);
        }
        let answer = sanitize(answer, MAX_CHARS);
        if answer.is_empty() {
            return Err(("text_required", "the answer is empty"));
        }
        let Some(pending) = self.clarifications.take() else {
            return Err(unknown);
        };
        self.memory.note(&format!(
            "Note: your colleague answered \"{}\" with: \"{answer}\". Tell the caller in your own words.",
            pending.question
        ));
        self.emit(
            cx,
            EventBody::ClarificationAnswered {
                clarification_id: id,
                answer,
                by: by.clone(),
            },
        );
        self.reply_soon(cx);
        Ok(())
    }

    /// Nobody answered in time.
    pub(super) fn on_clarification_due(&mut self, cx: &mut Cx<'_>) {
        let Some(pending) = self.clarifications.take() else {
            return;
        };
        self.emit(
            cx,
            EventBody::ClarificationExpired {
                clarification_id: pending.id,
            },
        );
        let first_target = self.plan.personality.transfer_targets.first().cloned();
        if self.plan.policy.clarification_on_timeout == ClarificationTimeout::Transfer
            && let Some(target) = first_target
            && self.transfer_obstacle().is_none()
        {
            self.stop_talking(cx);
            self.transfer_to(cx, &target.e164);
            return;
        }
        self.memory.note(&format!(
            "Note: nobody could answer \"{}\" in time. Say that you are sorry, and offer that somebody calls the \
caller back.",
            pending.question
        ));
        self.reply_soon(cx);
    }

    /// The call ends: an open question is closed.
    pub(super) fn close_clarification(&mut self, cx: &mut Cx<'_>) {
        if let Some(pending) = self.clarifications.take() {
            self.emit(
                cx,
                EventBody::ClarificationExpired {
                    clarification_id: pending.id,
                },
            );
        }
    }
}
