//! Ways out: closing after the last words, losing the socket, going to another instance, the end.

use phony_kernel::E164;
use phony_kernel::call::{CallStatus, Channel, EndedReason, Ending};

use super::transfers::Wish;
use super::types::{Effect, Handoff};
use super::{Core, Cx, Phase};
use crate::command::ActionStatus;
use crate::event::{EventBody, Speaker};
use crate::supervision::TakeoverReason;

/// How long a caller may take to come back on another socket.
pub(super) const LOST_GRACE_MS: u64 = 20_000;

/// The end that follows once all is said.
#[derive(Debug, Clone)]
pub(super) struct Closing {
    handoff: Handoff,
    ending: Ending,
    /// The caller may still change it by speaking.
    yields: bool,
    /// The act that asked for it.
    action_id: Option<String>,
}

impl Closing {
    /// An end that nothing stops.
    pub(super) fn new(handoff: Handoff, ending: Ending) -> Self {
        Self {
            handoff,
            ending,
            yields: false,
            action_id: None,
        }
    }

    /// An end that gives way to a caller who speaks.
    pub(super) fn yielding(handoff: Handoff, ending: Ending) -> Self {
        Self {
            yields: true,
            ..Self::new(handoff, ending)
        }
    }

    pub(super) fn ending(&self) -> &Ending {
        &self.ending
    }

    /// An end that a supervisor or a program wants.
    pub(super) fn by_action(handoff: Handoff, ending: Ending, action_id: &str) -> Self {
        Self {
            action_id: Some(action_id.to_owned()),
            ..Self::new(handoff, ending)
        }
    }
}

impl Core {
    /// Ends the call once all is said. An act that had asked for an end before is overtaken.
    pub(super) fn close(&mut self, cx: &mut Cx<'_>, closing: Closing) {
        if let Some(before) = self.closing.replace(closing)
            && let Some(action_id) = before.action_id
        {
            self.acted(cx, &action_id, ActionStatus::Superseded);
        }
    }

    /// Whether the end gives way to a caller who speaks.
    pub(super) fn closing_yields(&self) -> bool {
        self.closing.as_ref().is_some_and(|closing| closing.yields)
    }

    /// Whether the caller's words come too late to change the end.
    pub(super) fn is_closing_for_good(&self, cx: &Cx<'_>) -> bool {
        self.closing.as_ref().is_some_and(|closing| {
            // A word at the very end of the agent's goodbye is the caller's goodbye.
            let is_goodbye = closing.ending.reason == EndedReason::AgentHangup
                && self.reply.is_none()
                && self.playback.nearly_done(cx.now.ms);
            !closing.yields || is_goodbye
        })
    }

    /// The caller speaks into a goodbye: the call goes on.
    pub(super) fn reopen(&mut self) {
        if self.closing.as_ref().is_some_and(|closing| closing.yields) {
            self.closing = None;
            self.memory
                .note("Note: the caller spoke again, so the call was not ended.");
        }
    }

    pub(super) fn carry_out_closing(&mut self, cx: &mut Cx<'_>) {
        let Some(closing) = self.closing.take() else {
            return;
        };
        let sent_on = matches!(closing.handoff, Handoff::Transfer { .. });
        cx.out.push(Effect::EndSession {
            handoff: closing.handoff,
        });
        if let Some(action_id) = closing.action_id {
            self.acted(cx, &action_id, ActionStatus::Applied);
        }
        if sent_on {
            self.caller_sent_on(cx);
        } else {
            self.finish(cx, closing.ending);
        }
    }

    /// The engine's voice does not reach the caller any more: another engine, a colleague, or the carrier's goodbye.
    pub(super) fn on_engine_down(&mut self, cx: &mut Cx<'_>, detail: &str) {
        if self.phase != Phase::Live {
            return;
        }
        self.warn(cx, "engine_failed", detail);
        self.end_speech(cx);
        if self.closing.is_some() {
            return;
        }
        let policy = &self.plan.policy;
        if let Some(to) = self.plan.fallback_engine() {
            let say = Some(policy.one_moment.clone());
            self.warn(cx, "engine_switched", &format!("the call goes on with {to}"));
            cx.out.push(Effect::EndSession {
                handoff: Handoff::Engine { to, say },
            });
            self.release(cx);
        } else if let Some(to) = self.colleague() {
            let say = Some(policy.handing_over.clone());
            self.end_transfers(cx, "engine_failed");
            self.send_on(cx, &to, say, &Wish::default());
        } else {
            let say = Some(policy.apology.clone());
            let ending = Ending::of(EndedReason::EngineError).with_detail(detail.to_owned());
            self.close(cx, Closing::new(Handoff::End { say }, ending));
        }
    }

    /// No answer of the model is left: the caller goes to a colleague, or is told and let go.
    pub(super) fn on_model_lost(&mut self, cx: &mut Cx<'_>, detail: &str) {
        if self.is_metered_apart() {
            self.on_engine_down(cx, detail);
            return;
        }
        if let Some(to) = self.colleague() {
            let words = self.plan.policy.handing_over.clone();
            self.say_line(cx, &words, Speaker::Agent, false);
            self.transfer_to(cx, &to);
            return;
        }
        let apology = self.plan.policy.apology.clone();
        self.say_line(cx, &apology, Speaker::Agent, false);
        let ending = Ending::of(EndedReason::EngineError).with_detail(detail.to_owned());
        self.close(cx, Closing::new(Handoff::end(), ending));
    }

    /// Who takes the caller when no engine does.
    fn colleague(&self) -> Option<E164> {
        self.plan.number?;
        let targets = &self.plan.personality.transfer_targets;
        let first = targets.first().filter(|_| !self.limits.transferred)?;
        Some(first.e164.clone())
    }

    pub(super) fn on_time_up(&mut self, cx: &mut Cx<'_>) {
        self.give_back(cx, TakeoverReason::Ended, None);
        self.stop_talking(cx);
        let words = self.plan.policy.time_is_up.clone();
        self.say_line(cx, &words, Speaker::Agent, false);
        self.close(
            cx,
            Closing::new(Handoff::end(), Ending::of(EndedReason::MaxDuration)),
        );
    }

    /// Whether the line is about to be taken from us to end like this: the carrier reads a message to a mailbox. Told
    /// a second time, it has been.
    pub(super) fn is_told_before(&self, ending: &Ending) -> bool {
        ending.reason == EndedReason::VoicemailLeft && self.expected.is_none() && self.phase == Phase::Live
    }

    pub(super) fn on_hangup(&mut self, cx: &mut Cx<'_>) {
        let reason = if self.spoke {
            EndedReason::CallerHangup
        } else {
            EndedReason::Abandoned
        };
        self.finish(cx, Ending::of(reason));
    }

    /// The socket is gone; the carrier may bring the caller back on another.
    pub(super) fn on_lost(&mut self, cx: &mut Cx<'_>, cause: String) {
        if self.phase != Phase::Live {
            return;
        }
        if self.transfers.is_joining() {
            self.wait_for_join(cx, false);
            return;
        }
        if self.expected.is_some() {
            self.on_hangup(cx);
            return;
        }
        let was_talking = !self.is_pausing() || self.memory.caller_waits();
        self.end_speech(cx);
        match self.closing.take() {
            Some(closing) if matches!(closing.handoff, Handoff::End { .. }) => {
                if let Some(action_id) = closing.action_id {
                    self.acted(cx, &action_id, ActionStatus::Applied);
                }
                self.finish(cx, closing.ending);
                return;
            }
            Some(closing) => {
                // The transfer was never handed over; it may be asked for again.
                self.limits.transferred = false;
                if let Some(action_id) = closing.action_id {
                    self.fail(cx, &action_id, "call_not_connected", "the connection was lost");
                }
            }
            None => {}
        }
        self.end_transfers(cx, "connection_lost");
        self.want_reply |= was_talking;
        self.silence.due_ms = None;
        self.take_keys();
        self.warn(cx, "connection_lost", "the connection to the caller was lost");
        // Told anew when the caller is back.
        self.state = None;
        self.phase = Phase::Lost {
            until_ms: cx.now.ms + LOST_GRACE_MS,
            cause,
        };
    }

    /// How a call ends whose caller did not come back. A browser that is lost is the caller's own; a telephone line is
    /// the carrier's.
    pub(super) fn never_came_back(&self) -> Ending {
        let reason = match self.plan.channel {
            Channel::Phone => EndedReason::CarrierError,
            Channel::Web => EndedReason::CallerHangup,
        };
        Ending::of(reason).with_detail("the connection to the caller was lost and did not come back")
    }

    /// The first time at the next pause, the second time at once.
    pub(super) fn on_drain(&mut self, cx: &mut Cx<'_>) {
        if self.draining || self.phase != Phase::Live {
            self.release(cx);
        }
        self.draining = true;
    }

    pub(super) fn release(&mut self, cx: &mut Cx<'_>) {
        self.end_speech(cx);
        self.end_transfers(cx, "connection_lost");
        self.fail_open_actions(cx, "call_moving", "the call is moving to another instance");
        cx.out.push(Effect::Release);
        self.over();
    }

    pub(super) fn finish(&mut self, cx: &mut Cx<'_>, ending: Ending) {
        self.give_back(cx, TakeoverReason::Ended, None);
        self.end_speech(cx);
        let lost = matches!(ending.reason, EndedReason::CallerHangup | EndedReason::Abandoned);
        let ending = self.expected.take().filter(|_| lost).unwrap_or(ending);
        let by_caller = matches!(ending.reason, EndedReason::CallerHangup | EndedReason::Abandoned);
        self.end_transfers(cx, if by_caller { "caller_hangup" } else { "canceled" });
        self.close_clarification(cx);
        self.fail_open_actions(cx, "call_ended", "the call has ended");
        self.unclaim(cx);
        let status = CallStatus::Ended;
        self.emit(
            cx,
            EventBody::CallState {
                status,
                ending: Some(ending.clone()),
            },
        );
        cx.out.push(Effect::Finish(ending));
        self.over();
    }

    fn over(&mut self) {
        self.phase = Phase::Over;
        self.state = None;
        self.closing = None;
        self.takeover = None;
        self.hold = None;
        self.retry_due_ms = None;
        self.silence.due_ms = None;
    }
}
