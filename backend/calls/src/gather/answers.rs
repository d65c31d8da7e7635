//! What the carrier is told: when, and how much of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::Utc;
use phony_conversation::core::{Handoff, Input, spoken_ms};
use phony_kernel::ItemId;
use tokio::time::Instant;

use super::kept::Reply;
use super::prompt::Prompt;
use super::turns::SPEECH;
use super::wire::{AT_ONCE, GatherWire, Said};
use super::{GatherAnswer, GatherLine, GatherNext, Nudge};

/// After a goodbye, the time for second thoughts.
const SECOND_THOUGHTS_SECONDS: u32 = 1;

impl GatherWire {
    /// Answers the open turn if all is there.
    pub(super) fn answer_if_ready(&mut self) {
        if self.asked.is_none() || !self.mood.resting {
            return;
        }
        let yields = match &self.mood.closing {
            // What follows waits for nobody: the carrier is told words and end in one.
            Some((_, yields)) if !self.wrapped && (!yields || self.said.is_empty()) => {
                self.wrapped = true;
                self.inputs.push_back(Input::AgentSpeaking { on: true });
                self.inputs.push_back(Input::AgentSpeaking { on: false });
                return;
            }
            closing => closing.is_some(),
        };
        let goes_on = self.mood.goes_on && !self.said.is_empty();
        let timeout_seconds = if yields {
            SECOND_THOUGHTS_SECONDS
        } else {
            self.listen_seconds
        };
        let next = if goes_on {
            GatherNext::ComeBack
        } else {
            GatherNext::Listen { timeout_seconds }
        };
        let lines = self.collected();
        self.give(lines, next);
    }

    /// Answers the open turn with what is there: whole sentences if there are any, else whole words, else a sign of
    /// life.
    pub(super) fn answer_in_part(&mut self) {
        let mut lines = Vec::new();
        let open = if self.mood.resting {
            None
        } else {
            self.said.last().map(|said| said.line.item)
        };
        self.prompt_is_firm = self.said.iter().any(|said| !said.preemptible);
        for said in &mut self.said {
            if said.line.keys.is_some() {
                lines.push(said.line.clone());
                continue;
            }
            let end = if Some(said.line.item) == open {
                speakable(&said.line.text)
            } else {
                said.line.text.len()
            };
            let rest = said.line.text.split_off(end);
            let text = std::mem::replace(&mut said.line.text, rest);
            if !text.trim().is_empty() {
                said.goes_on = true;
                lines.push(GatherLine {
                    text,
                    ..said.line.clone()
                });
            }
        }
        self.said.retain(|said| {
            let is_left = Some(said.line.item) == open || !said.line.text.trim().is_empty();
            is_left && said.line.keys.is_none()
        });
        if lines.is_empty() && !std::mem::replace(&mut self.soothed, true) {
            lines.push(GatherLine {
                item: ItemId::new(),
                text: self.one_moment.clone(),
                interruptible: true,
                keys: None,
            });
            // Not of the talk: the core knows nothing of it.
            self.give_unheard(lines, GatherNext::ComeBack);
            return;
        }
        self.give(lines, GatherNext::ComeBack);
    }

    /// Everything that there is to say.
    pub(super) fn collected(&mut self) -> Vec<GatherLine> {
        self.prompt_is_firm = self.said.iter().any(|said| !said.preemptible);
        let lines = self.said.drain(..).map(|said| said.line);
        lines.filter(|line| !line.is_empty()).collect()
    }

    pub(super) fn give(&mut self, lines: Vec<GatherLine>, next: GatherNext) {
        if lines.iter().any(|line| line.keys.is_none()) {
            self.prompt = Some(Prompt::new(Instant::now(), &lines, self.prompt.take()));
            self.prompt_is_stale = false;
            self.inputs.push_back(Input::AgentSpeaking { on: true });
        }
        self.give_unheard(lines, next);
    }

    pub(super) fn give_unheard(&mut self, say: Vec<GatherLine>, next: GatherNext) {
        let Some(asked) = self.asked.take() else { return };
        let spoken: u64 = say.iter().map(|line| spoken_ms(&line.text)).sum();
        let waits = match &next {
            GatherNext::Listen { timeout_seconds } => SPEECH + Duration::from_secs((*timeout_seconds).into()),
            _ => AT_ONCE,
        };
        self.away_at = Some(Instant::now() + Duration::from_millis(spoken) + waits);
        self.nudged = false;
        let listens = matches!(next, GatherNext::Listen { .. });
        let then = self.mood.closing.as_ref().filter(|_| listens);
        let number = asked.number + 1;
        let reply = Reply {
            answer: GatherAnswer {
                number,
                voice: self.voice.clone(),
                language: self.language.clone(),
                say,
                next,
            },
            then: then.map(|(ending, _)| ending.clone()),
            at: Utc::now(),
        };
        self.setting.number.store(number, Ordering::Release);
        for waiter in asked.waiters {
            // Who asked may be gone; it asks again.
            let _ = waiter.send(reply.clone());
        }
        self.last = Some(reply);
    }

    /// When the carrier is to be made to come: at once, but what is being said is heard out unless it is not wanted any
    /// more. `None` while it is on its way, or has nothing to come for.
    pub(super) fn nudge_at(&self) -> Option<Instant> {
        if self.asked.is_some() || self.nudged || self.lost || !self.mood.resting || self.mood.over {
            return None;
        }
        let speaks = self.spoke_at.is_some();
        if !self.said.iter().any(|said| !speaks || !said.preemptible) {
            return None;
        }
        let heard_out = self
            .prompt
            .as_ref()
            .filter(|_| self.prompt_is_firm || !self.prompt_is_stale);
        Some(heard_out.map_or_else(Instant::now, Prompt::ends_at))
    }

    /// Makes the carrier come, if it can be made to and has something to come for.
    pub(super) fn nudge(&mut self) {
        if std::mem::replace(&mut self.nudged, true) {
            return;
        }
        let Some(nudges) = &self.setting.nudges else {
            return;
        };
        let nudge = Nudge {
            call_sid: self.call_sid.clone(),
            token: self.setting.token.clone(),
            number: self.setting.number.load(Ordering::Acquire),
        };
        if nudges.try_send(nudge).is_err() {
            tracing::warn!("the carrier could not be told to come, it is waited for");
        }
    }

    pub(super) fn gather_up(&mut self, line: GatherLine, preemptible: bool) {
        match self.said.last_mut().filter(|said| said.line.item == line.item) {
            Some(said) => said.line.text.push_str(&line.text),
            None if line.is_empty() => {}
            None => self.said.push(Said {
                line,
                preemptible,
                goes_on: false,
            }),
        }
    }

    /// Has keys pressed after the words that are there, which nothing cuts.
    pub(super) fn press(&mut self, keys: String) {
        self.said.push(Said {
            line: GatherLine {
                item: ItemId::new(),
                text: String::new(),
                interruptible: false,
                keys: Some(keys),
            },
            preemptible: false,
            goes_on: false,
        });
    }

    pub(super) fn end(&mut self, handoff: Handoff) {
        self.given_back = true;
        if self.asked.is_none() {
            // The turn that comes finds it with the handoffs.
            self.nudge();
            return;
        }
        let lines = self.collected();
        self.give_unheard(lines, GatherNext::GiveBack(handoff));
    }
}

/// How much of unfinished text can be said: to the end of its last sentence, or else of its last whole word.
fn speakable(text: &str) -> usize {
    let sentence = text
        .char_indices()
        .zip(text.chars().skip(1))
        .filter(|((_, at), after)| matches!(at, '.' | '!' | '?') && after.is_whitespace())
        .map(|((index, at), _)| index + at.len_utf8())
        .last();
    sentence.or_else(|| text.rfind(char::is_whitespace)).unwrap_or(0)
}
