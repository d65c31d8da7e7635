//! The caller has the word: the agent is held at once, and what follows is decided when it is certain.

use phony_conversation::core::Input;
use phony_models::realtime::protocol::{ClientEvent, NewItem};

use super::bridge::Bridge;
use super::hearing::Sense;
use super::requests::Want;
use super::utterances::{Cut, ItemCut, Source, Utterance};

impl Bridge {
    /// What the ear made out: hold first, decide when it is certain.
    pub(super) fn sense(&mut self, now_ms: u64) {
        for sense in std::mem::take(&mut self.senses) {
            match sense {
                Sense::Began { line } => {
                    if self.utterances.first().is_none_or(|first| first.interruptible) {
                        self.playout.hold(now_ms, &mut self.out.carrier);
                    }
                    self.out.inputs.push_back(Input::CallerSpeaking { line });
                }
                Sense::Certain => self.interrupt(now_ms),
                Sense::Turn { line, quiet_ms } => {
                    // What the model began to say meanwhile comes too late.
                    self.interrupt(now_ms);
                    self.cancel(|source| matches!(source, Source::Reply(_)));
                    self.playout.resume(now_ms, &mut self.out.carrier);
                    self.out.inputs.push_back(Input::CallerTurn { line, quiet_ms });
                }
                Sense::Noise { line, item_id } => {
                    self.playout.resume(now_ms, &mut self.out.carrier);
                    if self.ready {
                        self.tell(ClientEvent::DeleteItem { item_id });
                    }
                    self.out.inputs.push_back(Input::CallerNoise { line });
                }
                Sense::Words { line, text, language } => {
                    self.out
                        .inputs
                        .push_back(Input::CallerWords { line, text, language });
                }
            }
        }
    }

    /// The caller has the word: what was not heard is taken back, here and from the model's memory.
    pub(super) fn interrupt(&mut self, now_ms: u64) {
        if !self.playout.is_held() {
            return;
        }
        let cuts = self.cut(now_ms, |utterance| utterance.interruptible);
        self.requests.withdraw_lines(|interruptible, _| interruptible);
        if let Some(first) = cuts.into_iter().next() {
            self.out.inputs.push_back(Input::CallerInterrupted {
                heard: first.heard,
                heard_ms: Some(first.heard_ms),
            });
        }
        if self.hearing.is_busy() {
            self.playout.pause();
        }
    }

    /// A person speaks from now on: nothing of the agent is heard or still to come.
    pub(crate) fn hush(&mut self, now_ms: u64) {
        self.requests.withdraw_lines(|_, _| true);
        self.cancel(|_| true);
        self.playout.hold(now_ms, &mut self.out.carrier);
        self.cut(now_ms, |_| true);
        self.playout.forget_all();
        self.requests.withdraw_lines(|_, _| true);
    }

    pub(super) fn cut(&mut self, now_ms: u64, stops: impl Fn(&Utterance) -> bool) -> Vec<Cut> {
        let position = self.playout.played(now_ms);
        let (cuts, again) = self.utterances.cut(position, stops);
        if cuts.is_empty() {
            return cuts;
        }
        match self.utterances.ends() {
            Some(ends) => self.playout.forget(ends),
            None => self.playout.forget_all(),
        }
        for cut in &cuts {
            if cut.retold && self.ready {
                self.create(NewItem::System(format!(
                    "Note: you were interrupted. Of your last words the caller heard only: \"{}\".",
                    cut.heard
                )));
            }
            for item in &cut.items {
                self.tell(match item.clone() {
                    ItemCut::Truncate {
                        item_id,
                        audio_end_ms,
                    } => ClientEvent::TruncateItem {
                        item_id,
                        content_index: 0,
                        audio_end_ms,
                    },
                    ItemCut::Delete { item_id } => ClientEvent::DeleteItem { item_id },
                });
            }
        }
        self.cancel(|source| cuts.iter().any(|cut| cut.source == source));
        for utterance in again.into_iter().rev() {
            if let Source::Line(item) = utterance.source {
                let (interruptible, preemptible) = (utterance.interruptible, utterance.preemptible);
                self.cancel(|source| source == Source::Line(item));
                self.requests.push_front(Want::Line {
                    item,
                    text: utterance.into_text(),
                    interruptible,
                    preemptible,
                    tries: 0,
                });
            }
        }
        cuts
    }
}
