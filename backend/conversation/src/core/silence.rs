//! The caller who says nothing: prompts in turn, then goodbye. And keys, which are gathered before they count.

use super::{Core, Cx};
use crate::command::RecordOp;
use crate::event::{EventBody, Speaker};
use phony_kernel::ItemId;
use phony_kernel::call::{ConversationState, EndedReason, Ending, Engine};

use super::ending::Closing;
use super::types::Handoff;

/// Keys pressed within this time of each other are one input.
const KEYS_PAUSE_MS: u64 = 1_500;
/// Most keys of one input.
const MAX_KEYS: usize = 64;
/// Stands for a key that nobody is to see.
const SECRET_KEY: char = '•';

/// How far the ladder has been climbed.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// Prompts said since the caller was last heard.
    pub(super) step: usize,
    /// When the next one is due.
    pub(super) due_ms: Option<u64>,
}

/// Keys being gathered.
#[derive(Debug, Default)]
pub(super) struct Keys {
    digits: String,
    /// The recording pauses, or the agent wants it to, for what nobody is to keep: keys count, and are neither shown nor
    /// remembered.
    paused: bool,
    ordered: bool,
    /// When they count.
    pub(super) due_ms: Option<u64>,
}

impl Keys {
    /// Where the recording of the call stands now; `asked` is whether somebody other than the agent wanted that.
    pub(super) fn note_recording(&mut self, status: &str, asked: bool) {
        match status {
            "paused" => self.paused = true,
            "recording" | "stopped" => {
                self.paused = false;
                self.ordered &= !asked;
            }
            _ => {}
        }
    }

    /// What the agent wants of the recording counts from now on, and not only when the carrier has done it.
    pub(super) fn note_order(&mut self, op: RecordOp) {
        self.ordered = op == RecordOp::Pause;
    }

    fn are_secret(&self) -> bool {
        self.paused || self.ordered
    }
}

impl Core {
    /// The caller made a sound or pressed a key.
    pub(super) fn caller_heard(&mut self, cx: &Cx<'_>) {
        self.silence.step = 0;
        self.arm_silence(cx);
    }

    /// Starts or stops the clock as the state says.
    pub(super) fn arm_silence(&mut self, cx: &Cx<'_>) {
        let waiting = self.state == Some(ConversationState::Listening)
            && self.keys.due_ms.is_none()
            && !self.caller.is_speaking()
            // There the carrier itself waits for the caller, and tells.
            && self.plan.engine != Engine::Gather;
        self.silence.due_ms = waiting.then_some(cx.now.ms + self.plan.policy.no_input_ms);
    }

    pub(super) fn on_silence(&mut self, cx: &mut Cx<'_>) {
        self.silence.due_ms = None;
        let step = self.silence.step;
        self.silence.step += 1;
        if let Some(prompt) = self.plan.policy.no_input_prompts.get(step).cloned() {
            self.say_line(cx, &prompt, Speaker::Agent, true);
            return;
        }
        let goodbye = self.plan.policy.goodbye.clone();
        self.say_line(cx, &goodbye, Speaker::Agent, false);
        self.close(
            cx,
            Closing::yielding(Handoff::end(), Ending::of(EndedReason::SilenceTimeout)),
        );
    }

    /// What happened to the recording decides whether keys are shown.
    pub(super) fn on_noted(&mut self, cx: &mut Cx<'_>, body: EventBody) {
        if let EventBody::RecordingUpdated { status, by, .. } = &body {
            self.keys.note_recording(status, by.is_some());
        }
        self.emit(cx, body);
    }

    /// A key; or several that come as one input.
    pub(super) fn on_dtmf(&mut self, cx: &mut Cx<'_>, keys: &str) {
        let is_key = |key: &char| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D');
        let all: Vec<char> = keys.chars().take(MAX_KEYS).collect();
        let (false, true) = (all.is_empty(), all.iter().all(is_key)) else {
            return;
        };
        for key in &all {
            let shown = if self.keys.are_secret() { SECRET_KEY } else { *key };
            self.emit(
                cx,
                EventBody::DtmfReceived {
                    item_id: ItemId::new(),
                    digit: shown.to_string(),
                },
            );
            if self.keys.digits.chars().count() < MAX_KEYS {
                self.keys.digits.push(shown);
            }
        }
        let complete = all.last() == Some(&'#') || self.plan.engine == Engine::Gather;
        self.keys.due_ms = Some(cx.now.ms + if complete { 0 } else { KEYS_PAUSE_MS });
        self.caller_heard(cx);
        if complete {
            self.on_keys(cx);
        }
    }

    /// The keys are complete: a turn of the caller.
    pub(super) fn on_keys(&mut self, cx: &mut Cx<'_>) {
        let last_word = self.is_closing_for_good(cx);
        if !last_word {
            self.stop_talking(cx);
            self.reopen();
        }
        if self.take_keys() && !last_word {
            self.begin_turn(cx, 0);
        }
    }

    /// Puts the keys so far into the model's memory. Says whether there were any.
    pub(super) fn take_keys(&mut self) -> bool {
        self.keys.due_ms = None;
        let digits = std::mem::take(&mut self.keys.digits);
        if !digits.is_empty() {
            self.memory.caller(&format!("(presses the keys {digits})"));
        }
        !digits.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_secret_from_the_wish_to_pause_until_the_recording_goes_on() {
        let mut keys = Keys::default();
        assert!(!keys.are_secret());
        // The agent wants it, before the carrier has done it.
        keys.note_order(RecordOp::Pause);
        assert!(keys.are_secret());
        keys.note_recording("recording", false);
        assert!(keys.are_secret(), "what begins meanwhile ends no pause");
        keys.note_recording("paused", false);
        keys.note_order(RecordOp::Resume);
        assert!(keys.are_secret(), "the carrier still leaves it out");
        keys.note_recording("recording", false);
        assert!(!keys.are_secret());
        // People pause and resume, too, also what the agent has paused.
        keys.note_recording("paused", true);
        assert!(keys.are_secret());
        keys.note_recording("ready", false);
        assert!(keys.are_secret(), "a file of before says nothing of now");
        keys.note_order(RecordOp::Pause);
        keys.note_recording("recording", true);
        assert!(!keys.are_secret());
    }
}
