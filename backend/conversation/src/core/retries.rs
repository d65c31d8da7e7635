//! Requests that fail or take too long: tried again a few times, and then given up.

use super::types::Effect;
use super::{Core, Cx};

/// Requests for one answer.
const MAX_TRIES: u32 = 3;
/// Wait before the second and the third.
const BACKOFF_MS: [u64; 2] = [100, 400];
/// A provider that asks for more patience than this gets none: a caller waits.
const MAX_RETRY_AFTER_MS: u64 = 1_500;

impl Core {
    pub(super) fn on_model_slow(&mut self, cx: &mut Cx<'_>) {
        if let Some(reply) = self.reply.as_ref().map(|reply| reply.id) {
            cx.out.push(Effect::CancelModel { reply });
            self.on_failed(cx, true, None, "the model took too long");
        }
    }

    /// The open request has failed.
    pub(super) fn on_failed(
        &mut self,
        cx: &mut Cx<'_>,
        retryable: bool,
        retry_after_ms: Option<u64>,
        detail: &str,
    ) {
        self.end_words(cx);
        let Some(mut reply) = self.reply.take() else {
            return;
        };
        self.forget_held(cx, reply.held.take());
        if reply.chars_out > 0 {
            self.bill(cx, &reply, None);
        }
        if let Some(turn) = &mut self.turn {
            turn.answered(cx.now.ms);
        }
        if self.closing.is_some() {
            return;
        }
        if reply.acted {
            // What was carried out must not be carried out twice.
            self.warn(cx, "model_failed", detail);
            self.after_reply(cx, reply.has_words());
            return;
        }
        if reply.has_words() {
            self.memory
                .note("Note: your last answer broke off by a fault. Go on from where it stopped.");
        }
        self.try_again(cx, retryable, retry_after_ms, detail);
    }

    pub(super) fn try_again(
        &mut self,
        cx: &mut Cx<'_>,
        retryable: bool,
        retry_after_ms: Option<u64>,
        detail: &str,
    ) {
        self.tries += 1;
        self.warn(cx, "model_failed", detail);
        let wait_ms = retry_after_ms.unwrap_or(0);
        let backoff_ms = (self.tries as usize)
            .checked_sub(1)
            .and_then(|at| BACKOFF_MS.get(at));
        if let (true, Some(backoff_ms)) = (
            retryable && self.tries < MAX_TRIES && wait_ms <= MAX_RETRY_AFTER_MS,
            backoff_ms,
        ) {
            self.retry_due_ms = Some(cx.now.ms + wait_ms.max(*backoff_ms));
            return;
        }
        self.turn = None;
        self.on_model_lost(cx, detail);
    }
}
