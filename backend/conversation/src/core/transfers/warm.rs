//! The caller waits here while the target is rung, told what it is about and asked; then the carrier brings both
//! together.

use phony_kernel::{E164, ItemId};

use super::super::inline::sanitize;
use super::super::types::{Effect, TransferNews, TransferStep};
use super::super::{Core, Cx, Phase};
use super::Wish;
use super::brief::MAX_BRIEF_CHARS;
use crate::command::{ActionStatus, StayAs, TransferKind};
use crate::event::Speaker;

/// The carrier tells how it rang out; this long after it should have, that is taken for granted.
const RINGS_OUT_MS: u64 = 15_000;

/// How far a warm transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The talk is being summed up.
    Briefing,
    /// The target is rung.
    Ringing,
    /// The target has answered and is asked.
    Asked,
    /// The target waits; the caller is told.
    Accepted,
    /// The carrier brings the caller there.
    Joining,
}

#[derive(Debug, Clone)]
pub(super) struct Warm {
    id: ItemId,
    to: E164,
    from: E164,
    pub(super) stage: Stage,
    leg: Option<String>,
    /// What the agent does once both are together.
    stay_as: Option<StayAs>,
    pub(super) due_ms: u64,
    /// Whether the caller still has to be told to wait.
    pub(super) unannounced: bool,
    action_id: Option<String>,
    /// The caller's line was closed while the carrier moved the caller, or by the caller.
    line_closed: bool,
}

impl Core {
    /// Lets the caller wait and has the target rung.
    pub(in crate::core) fn begin_warm(
        &mut self,
        cx: &mut Cx<'_>,
        target: &E164,
        wish: &Wish<'_>,
    ) -> Result<(), (&'static str, &'static str)> {
        let Some(from) = self.plan.our_number() else {
            return Err(("no_caller_id", "the call has no number of ours to call from"));
        };
        let stay_as = self.stays(cx, target, wish)?;
        self.limits.transferred = true;
        let id = ItemId::new();
        self.tell_transfer(cx, (id, target, TransferKind::Warm), "requested", None);
        self.begin_hold(cx, true);
        self.transfers.warm = Some(Warm {
            id,
            to: target.clone(),
            from,
            stage: Stage::Briefing,
            leg: None,
            stay_as,
            due_ms: cx.now.ms + self.plan.policy.waiting.brief_ms,
            unannounced: true,
            action_id: wish.action_id.map(str::to_owned),
            line_closed: false,
        });
        let brief = wish
            .brief
            .map(|text| sanitize(text, MAX_BRIEF_CHARS))
            .filter(|text| !text.is_empty());
        match brief {
            Some(brief) => self.ring(cx, &brief),
            None => cx.out.push(Effect::SumUp {
                transfer: id,
                messages: self.talk(),
            }),
        }
        Ok(())
    }

    /// What the agent does afterwards. Whoever asks for what cannot be is told so; a target that is set to it is
    /// reached all the same.
    fn stays(
        &mut self,
        cx: &mut Cx<'_>,
        target: &E164,
        wish: &Wish<'_>,
    ) -> Result<Option<StayAs>, (&'static str, &'static str)> {
        let targets = &self.plan.personality.transfer_targets;
        let usual = targets
            .iter()
            .find(|one| one.e164 == *target)
            .and_then(|one| one.stay_as);
        match (wish.stay_as, usual, self.stay_obstacle()) {
            (Some(_), _, Some(obstacle)) => Err(obstacle),
            (None, Some(_), Some((code, detail))) => {
                self.warn(cx, code, detail);
                Ok(None)
            }
            (wanted, usual, _) => Ok(wanted.or(usual)),
        }
    }

    fn ring(&mut self, cx: &mut Cx<'_>, about: &str) {
        let rings_ms = self.plan.policy.waiting.rings_ms;
        let name = sanitize(&self.plan.personality.name, 80);
        let Some(warm) = &mut self.transfers.warm else {
            return;
        };
        warm.stage = Stage::Ringing;
        warm.due_ms = cx.now.ms + rings_ms + RINGS_OUT_MS;
        cx.out.push(Effect::Transfer {
            transfer: warm.id,
            step: TransferStep::Ring {
                to: warm.to.clone(),
                from: warm.from.clone(),
                brief: format!(
                    "Hello, this is {name}, the phone assistant. I have a caller for you. {about}"
                ),
                rings_ms,
            },
        });
    }

    /// News of a transfer.
    pub(in crate::core) fn on_transfer(&mut self, cx: &mut Cx<'_>, transfer: ItemId, news: TransferNews) {
        if let TransferNews::Briefed {
            response_id, used, ..
        } = &news
        {
            self.bill_brief(cx, transfer, response_id.as_deref(), *used);
        }
        let waiting = self.plan.policy.waiting.clone();
        let Some(warm) = self.transfers.warm.as_mut().filter(|warm| warm.id == transfer) else {
            self.turn_target_away(cx, transfer, news);
            return;
        };
        let (now, stage) = (cx.now.ms, warm.stage);
        let to = warm.to.clone();
        let line = (transfer, &to, TransferKind::Warm);
        match news {
            TransferNews::Briefed { text, .. } if stage == Stage::Briefing => {
                let about = text
                    .map(|text| sanitize(&text, MAX_BRIEF_CHARS))
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| self.plain_brief());
                self.ring(cx, &about);
            }
            TransferNews::Placed { leg } => warm.leg = Some(leg),
            TransferNews::Ringing { leg } if stage == Stage::Ringing => {
                warm.leg = Some(leg);
                self.tell_transfer(cx, line, "ringing", None);
            }
            TransferNews::Answered { leg } if stage == Stage::Ringing => {
                warm.leg = Some(leg);
                warm.stage = Stage::Asked;
                warm.due_ms = now + waiting.accept_ms;
                self.tell_transfer(cx, line, "asked", None);
            }
            TransferNews::Accepted { leg } if matches!(stage, Stage::Ringing | Stage::Asked) => {
                warm.leg = Some(leg);
                warm.stage = Stage::Accepted;
                warm.unannounced = false;
                warm.due_ms = now + waiting.join_ms;
                self.tell_transfer(cx, line, "accepted", None);
                if self.phase == Phase::Live {
                    self.stop_talking(cx);
                    self.say_line(cx, &waiting.joining, Speaker::Agent, false);
                } else {
                    self.fail_warm(cx, "connection_lost");
                }
            }
            TransferNews::Mailbox { .. } if matches!(stage, Stage::Ringing | Stage::Asked) => {
                self.fail_warm(cx, "mailbox");
            }
            TransferNews::Rejected { .. } if matches!(stage, Stage::Ringing | Stage::Asked) => {
                self.fail_warm(cx, "rejected");
            }
            TransferNews::Over { reason, .. } => {
                let answered = matches!(stage, Stage::Asked | Stage::Accepted | Stage::Joining);
                warm.leg = None;
                warm.stage = if answered { stage } else { Stage::Briefing };
                let reason = if answered {
                    "target_hung_up".to_owned()
                } else {
                    reason
                };
                self.fail_warm(cx, &reason);
            }
            TransferNews::Joined => self.joined(cx),
            TransferNews::NotJoined => self.fail_warm(cx, "carrier_error"),
            _ => {}
        }
    }

    /// Somebody is reached for a transfer that there is not any more.
    fn turn_target_away(&self, cx: &mut Cx<'_>, transfer: ItemId, news: TransferNews) {
        let (leg, answered) = match news {
            TransferNews::Placed { leg } | TransferNews::Ringing { leg } => (leg, false),
            TransferNews::Answered { leg } | TransferNews::Accepted { leg } => (leg, true),
            _ => return,
        };
        let leg = Some(leg);
        let step = TransferStep::GiveUp { leg, answered };
        cx.out.push(Effect::Transfer { transfer, step });
    }

    /// All is said: the carrier may bring the caller to the target.
    pub(in crate::core) fn join(&mut self, cx: &mut Cx<'_>) {
        let join_ms = self.plan.policy.waiting.join_ms;
        let Some(warm) = &mut self.transfers.warm else {
            return;
        };
        warm.stage = Stage::Joining;
        warm.due_ms = cx.now.ms + join_ms;
        cx.out.push(Effect::Transfer {
            transfer: warm.id,
            step: TransferStep::Join {
                stay_as: warm.stay_as,
            },
        });
    }

    fn joined(&mut self, cx: &mut Cx<'_>) {
        let Some(warm) = self.transfers.warm.take() else {
            return;
        };
        self.tell_transfer(cx, (warm.id, &warm.to, TransferKind::Warm), "joined", None);
        if let Some(action_id) = &warm.action_id {
            self.acted(cx, action_id, ActionStatus::Applied);
        }
        self.caller_away(cx);
    }

    /// The carrier has closed the caller's line in order: the caller hung up, or is on the way to a colleague.
    pub(in crate::core) fn on_line_closed(&mut self, cx: &mut Cx<'_>) {
        if !self.transfers.is_joining() {
            self.on_hangup(cx);
            return;
        }
        self.wait_for_join(cx, true);
    }

    /// The line is gone because the carrier moves the caller; what became of that is told in a moment.
    pub(in crate::core) fn wait_for_join(&mut self, cx: &mut Cx<'_>, closed: bool) {
        if let Some(warm) = &mut self.transfers.warm {
            warm.line_closed |= closed;
        }
        if self.phase != Phase::Live {
            return;
        }
        self.end_speech(cx);
        self.phase = Phase::Lost {
            until_ms: cx.now.ms + super::super::ending::LOST_GRACE_MS,
            cause: "the caller was on the way to a colleague".to_owned(),
        };
    }

    pub(in crate::core) fn on_transfer_due(&mut self, cx: &mut Cx<'_>) {
        let Some(warm) = &self.transfers.warm else { return };
        match warm.stage {
            Stage::Briefing => {
                let about = self.plain_brief();
                self.ring(cx, &about);
            }
            Stage::Ringing => self.fail_warm(cx, "no_answer"),
            Stage::Asked => self.fail_warm(cx, "accept_timeout"),
            // The last words take their time.
            Stage::Accepted => self.join(cx),
            Stage::Joining => self.fail_warm(cx, "carrier_error"),
        }
    }

    /// Nobody takes the caller: back to the talk, with an apology.
    fn fail_warm(&mut self, cx: &mut Cx<'_>, reason: &str) {
        let line_closed = self.transfers.warm.as_ref().is_some_and(|warm| warm.line_closed);
        self.drop_warm(cx, reason);
        if line_closed {
            self.on_hangup(cx);
        } else if self.phase == Phase::Live && self.closing.is_none() {
            self.stop_talking(cx);
            self.apologize(cx, reason);
        }
    }

    /// Ends a warm transfer, with the news of it.
    pub(super) fn drop_warm(&mut self, cx: &mut Cx<'_>, reason: &str) {
        let Some(warm) = self.transfers.warm.take() else {
            return;
        };
        self.end_transfer_hold();
        self.tell_transfer(
            cx,
            (warm.id, &warm.to, TransferKind::Warm),
            "failed",
            Some(reason),
        );
        if let Some(action_id) = &warm.action_id {
            self.fail(cx, action_id, "transfer_failed", reason);
        }
        if warm.leg.is_some() {
            let answered = matches!(warm.stage, Stage::Asked | Stage::Accepted | Stage::Joining);
            cx.out.push(Effect::Transfer {
                transfer: warm.id,
                step: TransferStep::GiveUp {
                    leg: warm.leg,
                    answered: answered && reason != "mailbox",
                },
            });
        }
    }
}
