//! A turn that comes in, and what the core is told of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use phony_conversation::core::Input;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::kept::Reply;
use super::prompt::{Heard as HeardOf, keys_began, speech_began};
use super::wire::{Asked, GatherWire};
use super::{GatherHeard, GatherPartial, GatherTurn};

/// A turn that has no whole answer by then gets what is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// The longest speech that the carrier takes, and time for its webhook.
pub(super) const SPEECH: Duration = Duration::from_secs(75);
/// A first guess comes so long after the voice began.
const FIRST_PARTIAL: Duration = Duration::from_millis(500);
/// Words of which the carrier is less sure are not taken for words. Some of its models always say 0.
const UNSURE: std::ops::Range<f64> = f64::EPSILON..0.25;
/// What the model is told of them.
const INAUDIBLE: &str = "(inaudible)";
/// Repeats of a turn that may wait for its answer.
const MAX_WAITERS: usize = 8;

impl GatherWire {
    /// Takes a turn, unless it was taken before.
    pub(super) fn take(&mut self, turn: GatherTurn, waiter: oneshot::Sender<Reply>) {
        if turn.number < self.setting.number.load(Ordering::Acquire) {
            // Who repeats a turn of another instance learns its answer elsewhere.
            if let Some(last) = &self.last {
                let _ = waiter.send(last.clone());
            }
            return;
        }
        if let Some(asked) = &mut self.asked {
            if asked.waiters.len() < MAX_WAITERS {
                asked.waiters.push(waiter);
            }
            return;
        }
        let now = Instant::now();
        self.asked = Some(Asked {
            number: turn.number,
            due: now + ANSWER_WITHIN,
            waiters: vec![waiter],
        });
        self.away_at = None;
        self.wrapped = false;
        self.sequence = None;
        let spoke_at = self.spoke_at.take();
        if std::mem::take(&mut self.lost) {
            self.inputs.push_back(Input::Connected);
        }
        let heard = if std::mem::take(&mut self.repeated) {
            GatherHeard::Here
        } else {
            turn.heard
        };
        if heard != GatherHeard::Here {
            self.soothed = false;
        }
        match heard {
            GatherHeard::Here => self.came(),
            GatherHeard::Nothing => self.heard_nothing(),
            GatherHeard::Words {
                text,
                confidence,
                language,
            } => {
                self.resolve(spoke_at.unwrap_or_else(|| speech_began(now, &text)));
                let unsure = confidence.is_some_and(|sure| UNSURE.contains(&sure));
                let text = if unsure { INAUDIBLE.to_owned() } else { text };
                self.inputs.push_back(Input::CallerFinal { text, language });
            }
            GatherHeard::Keys(digit) => {
                let waited = Duration::from_secs(self.listen_seconds.into());
                self.resolve(keys_began(now, &digit, waited));
                self.inputs.push_back(Input::Dtmf { digit });
            }
        }
    }

    /// The carrier has come for words.
    fn came(&mut self) {
        if !self.said.iter().any(|said| said.goes_on) {
            self.prompt = None;
            self.inputs.push_back(Input::AgentSpeaking { on: false });
        }
        if self.mood.owes_answer && self.mood.resting && self.said.is_empty() {
            self.inputs.push_back(Input::NoInput);
        }
    }

    fn heard_nothing(&mut self) {
        self.prompt = None;
        self.inputs.push_back(if self.said.is_empty() {
            Input::NoInput
        } else {
            Input::AgentSpeaking { on: false }
        });
    }

    /// The caller's voice or key stopped the prompt then: tells the core what was heard of it.
    fn resolve(&mut self, stopped: Instant) {
        let Some(prompt) = self.prompt.take() else { return };
        match prompt.heard_at(stopped) {
            // What waits to be said must not be taken for cut.
            HeardOf::Part { text, ms } if self.said.is_empty() => {
                self.inputs.push_back(Input::CallerInterrupted {
                    heard: text,
                    heard_ms: Some(ms),
                });
            }
            // A caller who answers a goodbye does so before it counts.
            _ if self.mood.closing.is_some() => {}
            _ => self.inputs.push_back(Input::AgentSpeaking { on: false }),
        }
    }

    pub(super) fn partial(&mut self, partial: GatherPartial) -> Option<Input> {
        let current = self.setting.number.load(Ordering::Acquire);
        let late = partial.sequence.is_some() && partial.sequence <= self.sequence;
        if self.asked.is_some() || partial.number != current || late || self.lost {
            return None;
        }
        self.sequence = partial.sequence.or(self.sequence);
        let now = Instant::now();
        self.spoke_at
            .get_or_insert_with(|| now.checked_sub(FIRST_PARTIAL).unwrap_or(now));
        self.away_at = Some(now + SPEECH);
        Some(Input::CallerPartial { text: partial.text })
    }
}
