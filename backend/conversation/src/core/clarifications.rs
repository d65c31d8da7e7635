//! Questions of the agent to a supervisor: asked, answered, or out of time.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use phony_kernel::ItemId;

use super::ending::LOST_GRACE_MS;
use super::inline::sanitize;
use super::types::Now;
use super::{Core, Cx};
use crate::command::Actor;
use crate::event::{EventBody, Speaker};
use crate::plan::ClarificationTimeout;
use crate::snapshot::{Item, ItemBody};

/// Longest question and longest answer.
const MAX_CHARS: usize = 1_000;
/// How many closed questions are remembered, to tell *closed* from *unknown*.
const MAX_CLOSED: usize = 32;
/// A word of comfort that finds no pause is tried again so soon.
const SOON_MS: u64 = 1_000;

/// A question that waits.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) id: ItemId,
    question: String,
    pub(super) asked_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    due_ms: u64,
    /// When the caller, who waits, is told that we are still there.
    comfort_ms: u64,
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

    /// When its time is over, or the caller is to be told something.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let pending = self.pending.as_ref()?;
        Some(pending.due_ms.min(pending.comfort_ms))
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
            asked_at: cx.now.at,
            expires_at,
            due_ms: cx.now.ms + wait_ms,
            comfort_ms: cx.now.ms + self.comfort_every_ms(),
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

    fn comfort_every_ms(&self) -> u64 {
        self.plan.policy.waiting.comfort_every_ms.max(SOON_MS)
    }

    /// A supervisor answers, or leaves it to the agent. Fails with a stable code.
    pub(super) fn answer(
        &mut self,
        cx: &mut Cx<'_>,
        id: &str,
        answer: Option<&str>,
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
        let decide = answer.is_none();
        let answer = sanitize(answer.unwrap_or_default(), MAX_CHARS);
        if answer.is_empty() && !decide {
            return Err(("text_required", "the answer is empty"));
        }
        let Some(pending) = self.clarifications.take() else {
            return Err(unknown);
        };
        let question = &pending.question;
        self.memory.note(&if decide {
            format!(
                "Note: your colleague leaves \"{question}\" to you. Decide by what you know, promise nothing that you \
do not know, and tell the caller."
            )
        } else {
            format!(
                "Note: your colleague answered \"{question}\" with: \"{answer}\". Tell the caller in your own words."
            )
        });
        self.emit(
            cx,
            EventBody::ClarificationAnswered {
                clarification_id: id,
                answer,
                decide,
                by: by.clone(),
            },
        );
        self.reply_soon(cx);
        Ok(())
    }

    /// The time of a question is over, or the caller is to be told that we are still there.
    pub(super) fn on_clarification_time(&mut self, cx: &mut Cx<'_>) {
        let now_ms = cx.now.ms;
        let every_ms = self.comfort_every_ms();
        let is_quiet = self.is_pausing() && !self.caller.is_speaking() && self.caller_line.is_none();
        let alone = self.hold.is_none() && self.takeover.is_none() && self.closing.is_none();
        let Some(pending) = &mut self.clarifications.pending else {
            return;
        };
        if pending.due_ms <= now_ms {
            self.on_clarification_due(cx);
            return;
        }
        pending.comfort_ms = now_ms + if is_quiet { every_ms } else { SOON_MS };
        if is_quiet
            && alone
            && let Some(words) = self.plan.policy.waiting.comfort.last().cloned()
        {
            self.say_line(cx, &words, Speaker::Agent, true);
        }
    }

    /// Nobody answered in time.
    fn on_clarification_due(&mut self, cx: &mut Cx<'_>) {
        let Some(Pending { id, question, .. }) = self.clarifications.take() else {
            return;
        };
        let target = self.plan.personality.transfer_targets.first().cloned();
        let target = target.filter(|_| self.transfer_obstacle().is_none());
        let did = match (self.plan.policy.clarification_on_timeout, &target) {
            _ if self.takeover.is_some() => None,
            (ClarificationTimeout::Transfer, None) => Some(ClarificationTimeout::OfferCallback),
            (chosen, _) => Some(chosen),
        };
        let clarification_id = id;
        self.emit(
            cx,
            EventBody::ClarificationExpired {
                clarification_id,
                did,
            },
        );
        let what = match (did, target) {
            (Some(ClarificationTimeout::Transfer), Some(target)) => {
                self.stop_talking(cx);
                self.transfer_to(cx, &target.e164);
                return;
            }
            (Some(ClarificationTimeout::Decide), _) => {
                " Decide by what you know, promise nothing that you do not know, and tell the caller."
            }
            (Some(_), _) => " Say that you are sorry, and offer that somebody calls the caller back.",
            (None, _) => "",
        };
        self.memory.note(&format!(
            "Note: nobody could answer \"{question}\" in time.{what}"
        ));
        self.reply_soon(cx);
    }

    /// A question of an earlier socket.
    pub(super) fn recall_clarification(&mut self, item: &Item, now: Now) {
        let ItemBody::Clarification {
            question,
            answer,
            answered_by,
            expired,
            expires_at,
            ..
        } = &item.body
        else {
            return;
        };
        self.clarifications.asked += 1;
        if let Some(answer) = answer {
            self.memory.note(&format!(
                "Note: your colleague answered \"{question}\" with: \"{answer}\"."
            ));
        }
        if answered_by.is_some() || *expired {
            self.clarifications.closed.push_back(item.id);
            return;
        }
        let left_ms = (*expires_at - now.at).num_milliseconds().max(0).unsigned_abs();
        self.clarifications.pending = Some(Pending {
            id: item.id,
            question: question.clone(),
            asked_at: item.at,
            expires_at: *expires_at,
            due_ms: now.ms + left_ms.max(LOST_GRACE_MS / 10),
            comfort_ms: now.ms + self.comfort_every_ms(),
        });
    }

    /// The call ends: an open question is closed.
    pub(super) fn close_clarification(&mut self, cx: &mut Cx<'_>) {
        if let Some(pending) = self.clarifications.take() {
            self.emit(
                cx,
                EventBody::ClarificationExpired {
                    clarification_id: pending.id,
                    did: None,
                },
            );
        }
    }
}
