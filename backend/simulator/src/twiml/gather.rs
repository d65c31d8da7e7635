//! `<Gather>`: prompts, then keys or speech with partial results on the way, then its action.

use std::sync::Arc;

use super::Element;
use super::gathering::{Collector, Input, Wishes};
use super::verbs::Stop;
use crate::calls::Signal;
use crate::calls::runner::{Flow, Runner, Waited};
use crate::calls::webhook::{self, Fetch};
use crate::signing::Params;

/// Where partial results go, and what was stable in the newest.
struct Partials {
    url: String,
    method: String,
    language: String,
    sent: u64,
    newest: String,
}

impl Partials {
    fn read(verb: &Element) -> Option<Self> {
        let url = verb
            .attribute("partialResultCallback")
            .filter(|url| !url.is_empty())?;
        Some(Self {
            url: url.to_owned(),
            method: verb
                .attribute("partialResultCallbackMethod")
                .unwrap_or("POST")
                .to_owned(),
            language: language(verb).to_owned(),
            sent: 0,
            newest: String::new(),
        })
    }

    /// Parameters for what has been understood so far: what was there before is stable, what is new may still change.
    fn next(&mut self, text: String) -> Params {
        let stable = if text.starts_with(&self.newest) {
            self.newest.clone()
        } else {
            String::new()
        };
        let unstable = text[stable.len()..].trim_start().to_owned();
        self.newest = text;
        let sequence = self.sent;
        self.sent += 1;
        [
            ("StableSpeechResult", stable),
            ("UnstableSpeechResult", unstable),
            ("Stability", "0.8".to_owned()),
            ("Confidence", "0.0".to_owned()),
            ("SequenceNumber", sequence.to_string()),
            ("Language", self.language.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

fn language(verb: &Element) -> &str {
    verb.attribute("language").unwrap_or("en-US")
}

impl Runner {
    pub(crate) async fn gather(&mut self, verb: &Element) -> Flow {
        let wishes = Wishes::read(verb);
        let stop = Stop {
            keys: wishes.keys,
            speech: wishes.speech && wishes.barge_in,
            ..Stop::default()
        };
        let mut partials = Partials::read(verb).filter(|_| wishes.speech);
        let mut collector = Collector::new(wishes);
        for child in &verb.children {
            match Box::pin(self.sound(child, stop)).await {
                None | Some(Waited::Elapsed) => {}
                Some(Waited::Left(flow)) => return flow,
                Some(Waited::Person(signal)) => {
                    collector.take(self.world.clock.now(), signal);
                    break;
                }
            }
        }
        collector.prompt_over(self.world.clock.now());
        while !collector.is_done() {
            match self.wait(collector.deadline()).await {
                Waited::Elapsed => collector.expire(),
                Waited::Left(flow) => return flow,
                Waited::Person(signal) => {
                    if let (Some(partials), Signal::SpeechPartial(text)) = (&mut partials, &signal) {
                        self.tell_partial(partials, text.clone());
                    }
                    if let (Some(partials), Signal::SpeechEnded(_)) = (&mut partials, &signal) {
                        partials.newest.clear();
                    }
                    collector.take(self.world.clock.now(), signal);
                }
            }
        }
        self.gathered(verb, collector.finish())
    }

    /// Sends a partial result beside the call: nobody waits for the answer, and two may overtake each other.
    fn tell_partial(&self, partials: &mut Partials, text: String) {
        let extra = partials.next(text);
        let Flow::Fetch(Fetch { url, params, .. }) =
            self.next_fetch("partial", &partials.url, &partials.method, extra)
        else {
            return;
        };
        let fetch = Fetch {
            kind: "partial",
            url,
            method: partials.method.clone(),
            params,
        };
        let (world, call) = (Arc::clone(&self.world), Arc::clone(&self.call));
        self.world.spawn(async move {
            webhook::notify(&world, &call, &fetch, None).await;
        });
    }

    fn gathered(&self, verb: &Element, input: Input) -> Flow {
        if input.is_empty() && !verb.flag("actionOnEmptyResult", false) {
            return Flow::Next;
        }
        let mut params = vec![("msg".to_owned(), "Gather End".to_owned())];
        let mut put = |name: &str, value: String| params.push((name.to_owned(), value));
        if let Some(speech) = input.speech {
            put("SpeechResult", speech);
            put("Confidence", "0.9123".to_owned());
            put("Language", language(verb).to_owned());
        } else {
            put("Digits", input.digits);
            if let Some(key) = input.finished_on {
                put("FinishedOnKey", key.to_string());
            }
        }
        let here = self.base.as_ref().map(ToString::to_string).unwrap_or_default();
        let action = verb.attribute("action").unwrap_or(&here).to_owned();
        let method = verb.attribute("method").unwrap_or("POST");
        self.next_fetch("gather", &action, method, params)
    }
}
