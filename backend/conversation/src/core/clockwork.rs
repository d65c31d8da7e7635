//! The clockwork: when something is due, and what is done then.

use phony_kernel::call::{EndedReason, Ending};

use super::types::{Effect, Now};
use super::{Core, Cx, Phase, hold};

impl Core {
    /// When [`Self::on_deadline`] wants to be called, on the clock of [`Now::ms`].
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        match &self.phase {
            Phase::Over => None,
            Phase::New => Some(self.ends_ms()),
            Phase::Lost { until_ms, .. } => [
                Some((*until_ms).min(self.ends_ms())),
                self.transfers.due_ms(),
                self.people_due_ms(),
            ]
            .into_iter()
            .flatten()
            .min(),
            Phase::Live => [
                self.transfers.due_ms(),
                self.people_due_ms(),
                self.approvals.due_ms(),
                self.long_due_ms(),
                self.hold.as_ref().map(hold::Hold::due_ms),
                Some(self.ends_ms()),
                self.silence.due_ms,
                self.keys.due_ms,
                self.retry_due_ms,
                self.playback.ends_ms(),
                self.clarifications.due_ms(),
                self.reply.as_ref().map(|reply| reply.due_ms),
                self.reply.as_ref().and_then(|reply| reply.partial_due_ms),
            ]
            .into_iter()
            .flatten()
            .min(),
        }
    }

    /// Does what is due.
    pub fn on_deadline(&mut self, now: Now, out: &mut Vec<Effect>) {
        let mut cx = Cx { now, out };
        let due = |at: Option<u64>| at.is_some_and(|at| at <= now.ms);
        if due(self.transfers.due_ms()) {
            self.on_transfer_due(&mut cx);
        }
        if due(self.people_due_ms()) && matches!(self.phase, Phase::Live | Phase::Lost { .. }) {
            self.on_presence_due(&mut cx);
            self.on_lease_due(&mut cx);
        }
        match self.phase {
            Phase::Over => return,
            Phase::New if due(Some(self.ends_ms())) => {
                self.finish(&mut cx, Ending::of(EndedReason::Abandoned));
            }
            Phase::Lost { until_ms, .. } if due(Some(until_ms.min(self.ends_ms()))) => {
                let ending = self.never_came_back();
                self.finish(&mut cx, ending);
            }
            Phase::New | Phase::Lost { .. } => return,
            Phase::Live => {
                if due(self.reply.as_ref().and_then(|reply| reply.partial_due_ms)) {
                    self.show_partial(&mut cx);
                }
                if due(self.playback.ends_ms()) {
                    self.all_heard(&mut cx);
                }
                if due(self.reply.as_ref().map(|reply| reply.due_ms)) {
                    self.on_model_slow(&mut cx);
                }
                if due(self.retry_due_ms) {
                    self.ask(&mut cx);
                }
                if due(self.keys.due_ms) {
                    self.on_keys(&mut cx);
                }
                // What is above may have ended it.
                if self.phase == Phase::Live && due(self.clarifications.due_ms()) {
                    self.on_clarification_time(&mut cx);
                }
                if self.phase == Phase::Live && due(self.approvals.due_ms()) {
                    self.on_approval_due(&mut cx);
                }
                if due(self.silence.due_ms) {
                    self.on_silence(&mut cx);
                }
                if due(self.hold.as_ref().map(hold::Hold::due_ms)) {
                    self.on_comfort(&mut cx);
                }
                if due(Some(self.ends_ms())) {
                    self.on_time_up(&mut cx);
                }
            }
        }
        self.settle(&mut cx);
    }

    /// When somebody who attends the call may be gone.
    fn people_due_ms(&self) -> Option<u64> {
        let lease = self.takeover.as_ref().map(|taken| taken.until_ms);
        lease.into_iter().chain(self.presence.due_ms()).min()
    }

    fn ends_ms(&self) -> u64 {
        // Once it is closing, the end comes with the end of the last words.
        if self.closing.is_some() {
            return u64::MAX;
        }
        self.began_ms.saturating_add(self.plan.policy.max_duration_ms)
    }
}
