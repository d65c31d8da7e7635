//! Words to and from the caller: saying a line, the caller's lines, and interruption.

use phony_kernel::ItemId;

use super::inline::sanitize;
use super::playback::{Cut, Line, Stop};
use super::types::Effect;
use super::{Core, Cx};
use crate::event::{EventBody, Speaker};

/// Longest line of a caller.
pub(super) const MAX_CALLER_CHARS: usize = 2_000;

impl Core {
    /// Says a whole line. Gives its item, or none when there is nothing to say or nobody to hear it.
    pub(super) fn say_line(
        &mut self,
        cx: &mut Cx<'_>,
        text: &str,
        speaker: Speaker,
        preemptible: bool,
    ) -> Option<ItemId> {
        let interruptible = speaker != Speaker::Supervisor;
        self.say_line_as(cx, text, speaker, preemptible, interruptible)
    }

    /// Says a whole line that nobody may cut off: who calls, and that it is an AI.
    pub(super) fn say_to_the_end(&mut self, cx: &mut Cx<'_>, text: &str) -> Option<ItemId> {
        self.say_line_as(cx, text, Speaker::Agent, false, false)
    }

    fn say_line_as(
        &mut self,
        cx: &mut Cx<'_>,
        text: &str,
        speaker: Speaker,
        preemptible: bool,
        interruptible: bool,
    ) -> Option<ItemId> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let item_id = ItemId::new();
        self.say_whole(cx, item_id, text, speaker, (preemptible, interruptible));
        Some(item_id)
    }

    /// Says a reply that was held; its line is known already.
    pub(super) fn say_approved(&mut self, cx: &mut Cx<'_>, item_id: ItemId, text: &str) {
        self.say_whole(cx, item_id, text.trim(), Speaker::Agent, (true, true));
    }

    fn say_whole(
        &mut self,
        cx: &mut Cx<'_>,
        item_id: ItemId,
        text: &str,
        speaker: Speaker,
        (preemptible, interruptible): (bool, bool),
    ) {
        self.emit(
            cx,
            EventBody::SpeechFinal {
                item_id,
                speaker,
                text: text.to_owned(),
                language: None,
            },
        );
        self.put(
            cx,
            Effect::Speak {
                item: item_id,
                by_model: false,
                interruptible,
                text: text.to_owned(),
                last: true,
                preemptible,
            },
        );
        self.playback.close(item_id);
    }

    /// Sends words of a line to the caller; from here on they are in the model's memory.
    pub(super) fn speak(&mut self, cx: &mut Cx<'_>, item: ItemId, text: &str) {
        self.put(
            cx,
            Effect::Speak {
                item,
                by_model: true,
                interruptible: true,
                text: text.to_owned(),
                last: false,
                preemptible: true,
            },
        );
    }

    fn put(&mut self, cx: &mut Cx<'_>, words: Effect) {
        let Effect::Speak {
            item,
            text,
            preemptible,
            ..
        } = &words
        else {
            return;
        };
        let (item, preemptible) = (*item, *preemptible);
        self.playback.say(cx.now.ms, item, text, preemptible);
        self.memory.agent(item, text);
        cx.out.push(words);
        if !self.spoke {
            self.spoke = true;
            cx.out.push(Effect::FirstAudio);
        }
        if let Some(turn) = self.turn.take() {
            let latency = turn.spoke(cx.now.ms);
            self.emit(cx, latency);
        }
    }

    /// Everything on its way was heard.
    pub(super) fn all_heard(&mut self, cx: &mut Cx<'_>) {
        let lines = self.playback.settle();
        self.heard(cx, lines);
    }

    /// What the carrier has spoken to its end was heard.
    pub(super) fn played_heard(&mut self, cx: &mut Cx<'_>) {
        let lines = self.playback.take_played();
        self.heard(cx, lines);
    }

    fn heard(&mut self, cx: &mut Cx<'_>, lines: Vec<Line>) {
        for line in lines {
            self.emit(cx, EventBody::SpeechHeard { item_id: line.item });
        }
    }

    fn interrupted(&mut self, cx: &mut Cx<'_>, cuts: Vec<Cut>, heard_ms: Option<u64>) {
        for (at, Cut { item, heard, unheard }) in cuts.into_iter().enumerate() {
            self.memory.cut(item, &heard);
            let heard_ms = heard_ms.filter(|_| at == 0);
            self.emit(
                cx,
                EventBody::SpeechInterrupted {
                    item_id: item,
                    heard,
                    unheard,
                    heard_ms,
                },
            );
        }
    }

    /// The agent stops, because somebody else has the word now.
    pub(super) fn stop_talking(&mut self, cx: &mut Cx<'_>) {
        self.stop(cx, Stop::Ours);
    }

    /// Nobody speaks any more, at once where the engine can do that.
    pub(super) fn hush(&mut self, cx: &mut Cx<'_>) {
        let all = self.is_metered_apart();
        self.stop(cx, if all { Stop::All } else { Stop::Ours });
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop<'_>) {
        self.withdraw_approval(cx);
        let speaks = self.reply.is_some() || !self.playback.is_empty();
        match stop {
            Stop::Ours if speaks => cx.out.push(Effect::StopVoice),
            Stop::All if speaks => cx.out.push(Effect::Hush),
            _ => {}
        }
        self.cancel_reply(cx, matches!(stop, Stop::Ours | Stop::All));
        self.retry_due_ms = None;
        self.turn = None;
        if self.playback.is_empty() {
            return;
        }
        // A caller who is not reported as interrupting has let the agent finish.
        if !self.is_metered_apart() && self.playback.nearly_done(cx.now.ms) {
            self.all_heard(cx);
            return;
        }
        let (whole, cuts) = self.playback.cut(cx.now.ms, stop);
        self.heard(cx, whole);
        self.interrupted(cx, cuts, None);
    }

    /// The carrier has stopped the agent's voice.
    pub(super) fn on_interrupted(&mut self, cx: &mut Cx<'_>, heard: &str, heard_ms: Option<u64>) {
        if self.reply.as_ref().is_some_and(|reply| reply.has_words()) || !self.playback.is_empty() {
            self.cancel_reply(cx, false);
            self.retry_due_ms = None;
            self.turn = None;
        }
        let (whole, cuts) = self.playback.cut(cx.now.ms, Stop::Carrier(heard));
        self.heard(cx, whole);
        self.interrupted(cx, cuts, heard_ms);
        self.caller_heard(cx);
        self.reopen();
    }

    /// The caller is speaking.
    pub(super) fn on_partial(&mut self, cx: &mut Cx<'_>, text: &str) {
        let text = sanitize(text, MAX_CALLER_CHARS);
        if text.is_empty() {
            return;
        }
        let speaker = Speaker::Caller;
        let item_id = match &mut self.caller_line {
            Some((item, so_far)) => {
                text.clone_into(so_far);
                *item
            }
            None => {
                let item_id = ItemId::new();
                self.caller_line = Some((item_id, text.clone()));
                self.emit(cx, EventBody::SpeechStarted { item_id, speaker });
                item_id
            }
        };
        self.emit(
            cx,
            EventBody::SpeechPartial {
                item_id,
                speaker,
                text,
            },
        );
        self.caller_heard(cx);
    }

    /// The caller has said something: a turn.
    pub(super) fn on_final(&mut self, cx: &mut Cx<'_>, text: &str, language: Option<String>) {
        let text = sanitize(text, MAX_CALLER_CHARS);
        if text.is_empty() {
            return;
        }
        let last_word = self.is_closing_for_good(cx);
        if !last_word {
            self.stop_talking(cx);
            self.reopen();
        }
        let item_id = self.caller_line.take().map_or_else(ItemId::new, |(item, _)| item);
        let language = language.filter(|tag| !tag.is_empty() && tag.len() <= 35);
        self.emit(
            cx,
            EventBody::SpeechFinal {
                item_id,
                speaker: Speaker::Caller,
                text: text.clone(),
                language,
            },
        );
        self.take_keys();
        self.memory.caller(&text);
        self.caller_heard(cx);
        if !last_word {
            self.begin_turn(cx, 0);
        }
    }

    /// The end of the call cuts what was being said and heard.
    pub(super) fn end_speech(&mut self, cx: &mut Cx<'_>) {
        if let Some((item_id, text)) = self.caller_line.take() {
            self.emit(
                cx,
                EventBody::SpeechFinal {
                    item_id,
                    speaker: Speaker::Caller,
                    text,
                    language: None,
                },
            );
        }
        self.end_caller_voice(cx);
        self.stop(cx, Stop::Gone);
    }
}
