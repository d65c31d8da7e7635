//! How long the caller waited for an answer, and where the time went.

use crate::event::{EventBody, LatencyParts};

/// One turn: from the end of the caller's words to the first word of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    number: u32,
    began_ms: u64,
    /// When the current request went out.
    asked_ms: Option<u64>,
    parts: LatencyParts,
}

impl Turn {
    /// The caller has stopped, `quiet_ms` ago.
    pub(super) fn began(number: u32, now_ms: u64, quiet_ms: u64) -> Self {
        let endpoint_wait = quiet_ms.min(now_ms);
        Self {
            number,
            began_ms: now_ms - endpoint_wait,
            asked_ms: None,
            parts: LatencyParts {
                endpoint_wait,
                ..LatencyParts::default()
            },
        }
    }

    /// A request goes out; time since the last mark was spent waiting.
    pub(super) fn asked(&mut self, now_ms: u64) {
        let accounted = self.began_ms + self.parts.sum();
        self.parts.queue += now_ms.saturating_sub(accounted);
        self.asked_ms = Some(now_ms);
    }

    /// The first token of the request came, or the request was given up.
    pub(super) fn answered(&mut self, now_ms: u64) {
        if let Some(asked_ms) = self.asked_ms.take() {
            self.parts.model_first += now_ms.saturating_sub(asked_ms);
        }
    }

    /// The answer was held since then, and is no more.
    pub(super) fn approved(&mut self, now_ms: u64, since_ms: u64) {
        self.parts.approval_wait += now_ms.saturating_sub(since_ms);
    }

    /// The first word goes to the caller: the turn's figures.
    pub(super) fn spoke(mut self, now_ms: u64) -> EventBody {
        self.answered(now_ms);
        let total_ms = now_ms.saturating_sub(self.began_ms);
        let unaccounted_ms = total_ms.saturating_sub(self.parts.sum());
        EventBody::LatencyTurn {
            turn: self.number,
            total_ms,
            parts: self.parts,
            unaccounted_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_over_a_retry() {
        let mut turn = Turn::began(3, 1_000, 0);
        turn.asked(1_010);
        turn.answered(1_500);
        turn.asked(1_700);
        turn.answered(2_000);
        let EventBody::LatencyTurn {
            turn,
            total_ms,
            parts,
            unaccounted_ms,
        } = turn.spoke(2_040)
        else {
            panic!("not a latency")
        };
        assert_eq!((turn, total_ms), (3, 1_040));
        assert_eq!((parts.queue, parts.model_first), (210, 790));
        assert_eq!(parts.sum() + unaccounted_ms, total_ms);
    }
}
