//! Ways out: closing after the last words, losing the socket, going to another instance, the end.

use phony_kernel::call::{CallStatus, EndedReason, Ending};

use super::types::{Effect, Handoff};
use super::{Core, Cx, Phase};
use crate::command::ActionStatus;
use crate::event::{EventBody, Speaker};

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
        cx.out.push(Effect::EndSession {
            handoff: closing.handoff,
        });
        if let Some(action_id) = closing.action_id {
            self.acted(cx, &action_id, ActionStatus::Applied);
        }
        self.finish(cx, closing.ending);
    }

    pub(super) fn on_time_up(&mut self, cx: &mut Cx<'_>) {
        self.stop_talking(cx);
        let words = self.plan.policy.time_is_up.clone();
        self.say_line(cx, &words, Speaker::Agent, false);
        self.close(
            cx,
            Closing::new(Handoff::End, Ending::of(EndedReason::MaxDuration)),
        );
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
        let was_talking = !self.is_pausing() || self.memory.caller_waits();
        self.end_speech(cx);
        match self.closing.take() {
            Some(closing) if closing.handoff == Handoff::End => {
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

    /// The first time at the next pause, the second time at once.
    pub(super) fn on_drain(&mut self, cx: &mut Cx<'_>) {
        if self.draining || self.phase != Phase::Live {
            self.release(cx);
        }
        self.draining = true;
    }

    pub(super) fn release(&mut self, cx: &mut Cx<'_>) {
        self.end_speech(cx);
        self.fail_open_actions(cx, "call_moving", "the call is moving to another instance");
        cx.out.push(Effect::Release);
        self.over();
    }

    pub(super) fn finish(&mut self, cx: &mut Cx<'_>, ending: Ending) {
        self.end_speech(cx);
        self.close_clarification(cx);
        self.fail_open_actions(cx, "call_ended", "the call has ended");
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
        self.retry_due_ms = None;
        self.silence.due_ms = None;
    }
}
