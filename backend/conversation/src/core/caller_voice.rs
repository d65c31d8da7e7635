//! A caller whose voice the engine hears itself: the turn comes first, and the words when they are written down.

use std::collections::VecDeque;

use phony_kernel::ItemId;
use phony_kernel::call::Engine;

use super::inline::{InlineCommand, sanitize};
use super::speech::MAX_CALLER_CHARS;
use super::types::{Effect, ModelUsage, ReplyId};
use super::{Core, Cx, usage};
use crate::event::{EventBody, Speaker};

/// Turns whose words may be awaited at a time.
const MAX_AWAITED: usize = 16;
/// Stands for words that could not be made out.
const INAUDIBLE: &str = "(inaudible)";

/// What is known of the caller's voice.
#[derive(Debug, Default)]
pub(super) struct CallerVoice {
    speaking: Option<ItemId>,
    /// Turns whose words are still to come.
    awaited: VecDeque<ItemId>,
}

impl CallerVoice {
    /// Whether the caller speaks now.
    pub(super) fn is_speaking(&self) -> bool {
        self.speaking.is_some()
    }
}

impl Core {
    pub(super) fn on_caller_speaking(&mut self, cx: &mut Cx<'_>, line: ItemId) {
        if self.caller.speaking == Some(line) {
            return;
        }
        self.on_caller_gone_quiet(cx);
        self.caller.speaking = Some(line);
        let speaker = Speaker::Caller;
        self.emit(
            cx,
            EventBody::SpeechStarted {
                item_id: line,
                speaker,
            },
        );
        self.caller_heard(cx);
    }

    pub(super) fn on_caller_turn(&mut self, cx: &mut Cx<'_>, line: ItemId, quiet_ms: u64) {
        if self.caller.speaking.take() != Some(line) {
            let speaker = Speaker::Caller;
            self.emit(
                cx,
                EventBody::SpeechStarted {
                    item_id: line,
                    speaker,
                },
            );
        }
        let last_word = self.is_closing_for_good(cx);
        if !last_word {
            self.stop_talking(cx);
            self.reopen();
        }
        self.take_keys();
        if self.caller.awaited.len() == MAX_AWAITED
            && let Some(oldest) = self.caller.awaited.pop_front()
        {
            self.caller_final(cx, oldest, INAUDIBLE, None);
        }
        self.caller.awaited.push_back(line);
        self.memory.caller_turn(line);
        self.caller_heard(cx);
        if !last_word {
            self.begin_turn(cx, quiet_ms);
        }
    }

    pub(super) fn on_caller_words(
        &mut self,
        cx: &mut Cx<'_>,
        line: ItemId,
        text: &str,
        language: Option<String>,
    ) {
        let Some(at) = self.caller.awaited.iter().position(|awaited| *awaited == line) else {
            return;
        };
        self.caller.awaited.remove(at);
        let text = sanitize(text, MAX_CALLER_CHARS);
        self.memory.caller_words(line, &text);
        let shown = if text.is_empty() { INAUDIBLE } else { &text };
        let language = language.filter(|tag| !tag.is_empty() && tag.len() <= 35);
        self.caller_final(cx, line, shown, language);
    }

    pub(super) fn on_caller_noise(&mut self, cx: &mut Cx<'_>, line: ItemId) {
        if self.caller.speaking == Some(line) {
            self.on_caller_gone_quiet(cx);
        }
    }

    /// The line that was begun comes to nothing.
    fn on_caller_gone_quiet(&mut self, cx: &mut Cx<'_>) {
        if let Some(line) = self.caller.speaking.take() {
            self.caller_final(cx, line, "", None);
            self.arm_silence(cx);
        }
    }

    /// No more words come.
    pub(super) fn end_caller_voice(&mut self, cx: &mut Cx<'_>) {
        self.on_caller_gone_quiet(cx);
        while let Some(line) = self.caller.awaited.pop_front() {
            self.caller_final(cx, line, INAUDIBLE, None);
        }
    }

    fn caller_final(&mut self, cx: &mut Cx<'_>, item_id: ItemId, text: &str, language: Option<String>) {
        self.emit(
            cx,
            EventBody::SpeechFinal {
                item_id,
                speaker: Speaker::Caller,
                text: text.to_owned(),
                language,
            },
        );
    }

    /// A function of the model: carried out or refused, and the model is told.
    pub(super) fn on_function(&mut self, cx: &mut Cx<'_>, reply: ReplyId, command: &InlineCommand) {
        let refusal = if !self.is_current(reply) {
            Some("reply_cancelled")
        } else if self.hold_command(cx, command) {
            // Told once somebody has decided.
            return;
        } else {
            self.model_command(cx, command)
        };
        cx.out.push(Effect::CommandDone {
            refusal: refusal.map(str::to_owned),
        });
    }

    /// A response of an engine that tells of each by itself.
    pub(super) fn on_model_used(&mut self, cx: &mut Cx<'_>, response_id: &str, used: ModelUsage) {
        let model = self.plan.model_name();
        let used = usage::records(self.plan.call, response_id, model, used, cx.now.at, false);
        cx.out.extend(used.into_iter().map(Effect::Use));
    }

    /// Whether the engine tells of what it used apart from its replies.
    pub(super) fn is_metered_apart(&self) -> bool {
        self.plan.engine == Engine::Realtime
    }
}
