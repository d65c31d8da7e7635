//! `<Gather>`: prompts, then keys or speech, then its action.

use super::Element;
use crate::calls::Signal;
use crate::calls::runner::{Flow, Runner, Waited};

struct Wanted<'a> {
    speech: bool,
    keys: bool,
    most: usize,
    finish: &'a str,
}

/// What a person gave.
#[derive(Default)]
struct Input {
    digits: String,
    speech: Option<String>,
    /// Nothing more is expected.
    done: bool,
}

impl Input {
    fn is_empty(&self) -> bool {
        self.digits.is_empty() && self.speech.is_none()
    }

    fn take(&mut self, signal: Signal, wanted: &Wanted<'_>) {
        match signal {
            Signal::Pressed(keys) if wanted.keys => {
                for key in keys.chars() {
                    if !wanted.finish.is_empty() && wanted.finish.contains(key) {
                        self.done = true;
                        return;
                    }
                    self.digits.push(key);
                    if self.digits.len() >= wanted.most {
                        self.done = true;
                        return;
                    }
                }
            }
            Signal::SpeechEnded(text) if wanted.speech && self.digits.is_empty() => {
                self.speech = Some(text);
                self.done = true;
            }
            _ => {}
        }
    }
}

impl Runner {
    pub(crate) async fn gather(&mut self, verb: &Element) -> Flow {
        let kinds = verb.attribute("input").unwrap_or("dtmf");
        let wanted = Wanted {
            speech: kinds.contains("speech"),
            keys: kinds.contains("dtmf"),
            most: verb.number("numDigits", 1_000) as usize,
            finish: verb.attribute("finishOnKey").unwrap_or("#"),
        };
        let mut input = Input::default();
        let mut speaking = false;
        for child in &verb.children {
            match Box::pin(self.sound(child, true)).await {
                None | Some(Waited::Elapsed) => {}
                Some(Waited::Left(flow)) => return flow,
                Some(Waited::Person(signal)) => {
                    speaking = matches!(signal, Signal::SpeechBegan);
                    input.take(signal, &wanted);
                    break;
                }
            }
        }
        let timeout_ms = verb.number("timeout", 5) * 1_000;
        let mut until = self.world.clock.now() + timeout_ms;
        while !input.done {
            // Somebody who is talking is not timed out.
            let limit = if speaking && wanted.speech {
                None
            } else {
                Some(until)
            };
            match self.wait(limit).await {
                Waited::Elapsed => break,
                Waited::Left(flow) => return flow,
                Waited::Person(signal) => {
                    match &signal {
                        Signal::SpeechBegan => speaking = true,
                        Signal::SpeechEnded(_) => speaking = false,
                        _ => {}
                    }
                    input.take(signal, &wanted);
                    until = self.world.clock.now() + timeout_ms;
                }
            }
        }
        self.gathered(verb, input)
    }

    fn gathered(&self, verb: &Element, input: Input) -> Flow {
        if input.is_empty() && !verb.flag("actionOnEmptyResult", false) {
            return Flow::Next;
        }
        let mut params = vec![("msg".to_owned(), "Gather End".to_owned())];
        if !input.digits.is_empty() || input.speech.is_none() {
            params.push(("Digits".to_owned(), input.digits));
        }
        if let Some(speech) = input.speech {
            params.push(("SpeechResult".to_owned(), speech));
            params.push(("Confidence".to_owned(), "0.9123".to_owned()));
            params.push((
                "Language".to_owned(),
                verb.attribute("language").unwrap_or("en-US").to_owned(),
            ));
        }
        let here = self.base.as_ref().map(ToString::to_string).unwrap_or_default();
        let action = verb.attribute("action").unwrap_or(&here).to_owned();
        self.next_fetch(
            "gather",
            &action,
            verb.attribute("method").unwrap_or("POST"),
            params,
        )
    }
}
