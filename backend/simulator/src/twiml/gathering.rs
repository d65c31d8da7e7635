//! What a `<Gather>` collects and when it has enough. Pure: time comes in as an argument.

use super::Element;
use crate::calls::Signal;
use crate::clock::Millis;

/// Quiet that has already passed when the recogniser says that a sentence is over.
const RECOGNISED_AFTER_MS: Millis = crate::callers::END_OF_SPEECH_MS;

/// What the document asks for.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    pub(super) speech: bool,
    pub(super) keys: bool,
    most: usize,
    finish: String,
    timeout_ms: Millis,
    /// `None` ends at the first pause.
    speech_timeout_ms: Option<Millis>,
    most_speech_ms: Millis,
    pub(super) barge_in: bool,
}

impl Wishes {
    pub(super) fn read(verb: &Element) -> Self {
        let kinds = verb.attribute("input").unwrap_or("dtmf");
        let timeout_ms = verb.number("timeout", 5).max(1) * 1_000;
        let speech_timeout_ms = match verb.attribute("speechTimeout") {
            Some("auto") => None,
            Some(_) => Some(verb.number("speechTimeout", timeout_ms / 1_000).max(1) * 1_000),
            None => Some(timeout_ms),
        };
        Self {
            speech: kinds.split_whitespace().any(|kind| kind == "speech"),
            keys: kinds.split_whitespace().any(|kind| kind == "dtmf"),
            most: usize::try_from(verb.number("numDigits", u64::from(u16::MAX)).max(1)).unwrap_or(usize::MAX),
            finish: verb.attribute("finishOnKey").unwrap_or("#").to_owned(),
            timeout_ms,
            speech_timeout_ms,
            most_speech_ms: verb.number("maxSpeechTime", 60).max(1) * 1_000,
            barge_in: verb.flag("bargeIn", true),
        }
    }
}

/// What a person gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) digits: String,
    pub(super) finished_on: Option<char>,
    pub(super) speech: Option<String>,
}

impl Input {
    pub(super) fn is_empty(&self) -> bool {
        self.digits.is_empty() && self.speech.is_none()
    }
}

/// Collects until it is done.
#[derive(Debug)]
pub(super) struct Collector {
    wishes: Wishes,
    input: Input,
    said: Vec<String>,
    /// The first kind of input wins: when the person began to speak, unless keys came before.
    spoke_first: Option<Millis>,
    speaking: bool,
    /// From here the person may take their time.
    waiting_since: Option<Millis>,
    done: bool,
}

impl Collector {
    pub(super) fn new(wishes: Wishes) -> Self {
        Self {
            wishes,
            input: Input::default(),
            said: Vec::new(),
            spoke_first: None,
            speaking: false,
            waiting_since: None,
            done: false,
        }
    }

    /// The prompt is over or was stopped.
    pub(super) fn prompt_over(&mut self, now: Millis) {
        self.waiting_since = self.waiting_since.or(Some(now));
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    pub(super) fn take(&mut self, now: Millis, signal: Signal) {
        match signal {
            Signal::Pressed(keys) if self.wishes.keys && self.spoke_first.is_none() => self.press(now, &keys),
            Signal::SpeechBegan | Signal::SpeechPartial(_) if self.hears() => {
                self.spoke_first = self.spoke_first.or(Some(now));
                self.speaking = true;
            }
            Signal::SpeechEnded(text) if self.hears() => {
                self.spoke_first = self.spoke_first.or(Some(now));
                self.speaking = false;
                self.waiting_since = Some(now);
                if !text.is_empty() {
                    self.said.push(text);
                }
                self.done = self.wishes.speech_timeout_ms.is_none() && !self.said.is_empty();
            }
            _ => {}
        }
    }

    /// Whether speech counts: it was asked for, and no key came first.
    fn hears(&self) -> bool {
        self.wishes.speech && self.input.digits.is_empty()
    }

    fn press(&mut self, now: Millis, keys: &str) {
        for key in keys.chars() {
            if self.wishes.finish.contains(key) {
                self.input.finished_on = Some(key);
                self.done = true;
                return;
            }
            self.input.digits.push(key);
            self.waiting_since = Some(now);
            if self.input.digits.len() >= self.wishes.most {
                self.done = true;
                return;
            }
        }
    }

    /// When patience ends; never while the prompt still plays.
    pub(super) fn deadline(&self) -> Option<Millis> {
        let longest = self.spoke_first.map(|began| began + self.wishes.most_speech_ms);
        if self.speaking {
            return longest;
        }
        let waiting = self.waiting_since?;
        if self.said.is_empty() {
            return Some(waiting + self.wishes.timeout_ms);
        }
        let pause = self.wishes.speech_timeout_ms.unwrap_or_default();
        let quiet = waiting + pause.saturating_sub(RECOGNISED_AFTER_MS);
        Some(longest.map_or(quiet, |longest| longest.min(quiet)))
    }

    /// Patience has ended.
    pub(super) fn expire(&mut self) {
        self.done = true;
    }

    pub(super) fn finish(mut self) -> Input {
        if !self.said.is_empty() {
            self.input.speech = Some(self.said.join(" "));
        }
        self.input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collector(attributes: &str) -> Collector {
        let xml = format!("<Response><Gather {attributes}/></Response>");
        let verbs = crate::twiml::parse(&xml).unwrap();
        Collector::new(Wishes::read(&verbs[0]))
    }

    fn said(text: &str) -> Signal {
        Signal::SpeechEnded(text.to_owned())
    }

    fn keys(keys: &str) -> Signal {
        Signal::Pressed(keys.to_owned())
    }

    #[test]
    fn keys_end_by_number_by_key_or_by_patience() {
        let mut gather = collector(r#"numDigits="3""#);
        assert_eq!(gather.deadline(), None);
        gather.prompt_over(1_000);
        assert_eq!(gather.deadline(), Some(6_000));
        gather.take(2_000, keys("12"));
        assert_eq!(gather.deadline(), Some(7_000));
        gather.take(3_000, said("nobody asked"));
        gather.take(3_000, keys("34"));
        assert!(gather.is_done());
        assert_eq!(gather.finish().digits, "123");

        let mut gather = collector(r#"timeout="2""#);
        gather.take(500, keys("7#9"));
        assert!(gather.is_done());
        let input = gather.finish();
        assert_eq!((input.digits.as_str(), input.finished_on), ("7", Some('#')));

        let mut gather = collector("");
        gather.take(0, keys("#"));
        assert!(gather.is_done() && gather.finish().is_empty());
        let mut gather = collector(r#"finishOnKey="""#);
        gather.take(0, keys("#*"));
        assert!(!gather.is_done());
        assert_eq!(gather.deadline(), Some(5_000));
    }

    #[test]
    fn speech_ends_after_its_pause() {
        let mut gather = collector(r#"input="speech" speechTimeout="2" timeout="7""#);
        gather.prompt_over(0);
        assert_eq!(gather.deadline(), Some(7_000));
        gather.take(6_000, Signal::SpeechBegan);
        assert_eq!(gather.deadline(), Some(66_000));
        gather.take(8_000, said("I have"));
        assert_eq!(gather.deadline(), Some(9_700));
        gather.take(9_000, Signal::SpeechBegan);
        gather.take(10_000, said("two questions"));
        assert_eq!(gather.deadline(), Some(11_700));
        gather.expire();
        assert_eq!(gather.finish().speech.as_deref(), Some("I have two questions"));
        let mut auto = collector(r#"input="dtmf speech" speechTimeout="auto""#);
        auto.take(0, Signal::SpeechBegan);
        auto.take(100, keys("1#"));
        assert!(!auto.is_done());
        auto.take(900, said("yes"));
        assert!(auto.is_done());
        assert_eq!(
            auto.finish(),
            Input {
                speech: Some("yes".into()),
                ..Input::default()
            }
        );
    }

    #[test]
    fn the_first_kind_wins_and_nobody_speaks_for_ever() {
        let mut gather = collector(r#"input="dtmf speech" maxSpeechTime="4""#);
        gather.take(0, keys("4"));
        gather.take(100, Signal::SpeechBegan);
        gather.take(900, said("too late"));
        assert_eq!(gather.deadline(), Some(5_000));
        assert_eq!(gather.finish().digits, "4");
        let mut gather = collector(r#"input="speech" maxSpeechTime="4""#);
        gather.take(1_000, Signal::SpeechBegan);
        assert_eq!(gather.deadline(), Some(5_000));
        gather.take(3_000, said("one"));
        gather.take(3_100, Signal::SpeechBegan);
        assert_eq!(gather.deadline(), Some(5_000));
    }
}
