//! Who answered a call: what a machine that listens to them could know, and what a mailbox took down.

use serde::Serialize;

use super::{Call, CallState};
use crate::clock::Millis;

/// What is known of whoever answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// The verdict of machine detection.
    pub(crate) answered_by: Option<String>,
    /// It is told in callbacks only when the call waited for it.
    pub(crate) waited_for: bool,
    /// When their first words were over, and when their tone was.
    pub(crate) greeted_at: Option<Millis>,
    pub(crate) beeped_at: Option<Millis>,
    /// A mailbox takes a message.
    pub(crate) is_mailbox: bool,
}

/// What a mailbox has taken down.
#[derive(Debug, Serialize)]
pub(crate) struct Mailbox {
    pub(crate) beeped_at_ms: Millis,
    /// Everything said after the tone.
    pub(crate) message: String,
}

impl Call {
    pub(crate) fn note_greeted(&self, now: Millis) {
        self.change(|s| s.answer.greeted_at = s.answer.greeted_at.or(Some(now)));
    }

    pub(crate) fn note_beeped(&self, now: Millis) {
        self.change(|s| s.answer.beeped_at = s.answer.beeped_at.or(Some(now)));
    }

    /// The message of a mailbox that has come to its tone.
    pub(crate) fn mailbox(&self, s: &CallState) -> Option<Mailbox> {
        let beeped_at_ms = self.since_start(s.answer.beeped_at.filter(|_| s.answer.is_mailbox)?);
        let after = |heard: &&super::report::Heard| {
            let until = heard.until_ms.unwrap_or(Millis::MAX);
            until > beeped_at_ms && matches!(heard.kind, "speech" | "person" | "play")
        };
        // Of words with times only those after the tone; of others the whole line when it began there.
        let texts = s.report.heard.iter().filter(after).map(|heard| {
            if heard.words.is_empty() {
                return if heard.at_ms >= beeped_at_ms {
                    heard.text.clone()
                } else {
                    String::new()
                };
            }
            let words = heard.words.iter().filter(|word| word.at_ms >= beeped_at_ms);
            words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
        });
        let message = texts
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        Some(Mailbox {
            beeped_at_ms,
            message,
        })
    }
}
