//! `<Record>`: takes down what the caller says after a tone, until a key, silence, the longest time or the end of the
//! call, and asks the action what is next. Nothing said falls through to the next verb.

use std::sync::Arc;

use super::Element;
use crate::calls::Signal;
use crate::calls::runner::{Flow, Runner, Waited};
use crate::clock::Millis;
use crate::recordings::{self, Recording, Stage, Wish};

/// Keys that end it when the document does not say.
const ENDING_KEYS: &str = "1234567890*#";

/// How it ended.
enum Over {
    Silence,
    Key(char),
    Left(Flow),
}

impl Runner {
    pub(super) async fn record(&mut self, verb: &Element) -> Flow {
        if verb.attribute("playBeep") != Some("false") {
            let now = self.world.clock.now();
            self.call.note_heard(now, "beep", "");
            self.call.note_beeped(now);
        }
        let began = self.world.clock.now();
        let recording = recordings::start(&self.world, &self.call, Wish::of_verb(verb));
        let (over, spoke) = self.take_down(verb, began).await;
        recording.end(&self.world, Stage::Processing);
        let seconds = self.world.clock.now().saturating_sub(began).div_ceil(1_000);
        let digits = match &over {
            Over::Key(key) => key.to_string(),
            Over::Left(Flow::End("caller")) => "hangup".to_owned(),
            Over::Left(_) => return self.left(over),
            Over::Silence => String::new(),
        };
        if !spoke {
            return self.left(over);
        }
        let action = verb.attribute("action").map(str::to_owned);
        let action = action.or_else(|| self.base.as_ref().map(ToString::to_string));
        let method = verb.attribute("method").unwrap_or("POST").to_owned();
        let params = told(&recording, seconds, &digits);
        match (over, action) {
            // The caller is gone: the action is told, and nobody is left to hear its answer.
            (Over::Left(flow), action) => {
                if let Some(action) = action {
                    self.farewell(&action, &method, params).await;
                }
                flow
            }
            (_, Some(action)) => self.next_fetch("record", &action, &method, params),
            (_, None) => Flow::Next,
        }
    }

    fn left(&self, over: Over) -> Flow {
        match over {
            Over::Left(flow) => flow,
            Over::Silence | Over::Key(_) => Flow::Next,
        }
    }

    /// Listens until it is over; also says whether anything was said.
    async fn take_down(&mut self, verb: &Element, began: Millis) -> (Over, bool) {
        let patience = verb.number("timeout", 5) * 1_000;
        let most = began + verb.number("maxLength", 3_600) * 1_000;
        let keys = verb.attribute("finishOnKey").unwrap_or(ENDING_KEYS).to_owned();
        let (mut spoke, mut speaking) = (false, false);
        let mut quiet_since = began;
        loop {
            let until = if speaking {
                most
            } else {
                most.min(quiet_since + patience)
            };
            match self.wait(Some(until)).await {
                Waited::Elapsed => return (Over::Silence, spoke),
                Waited::Left(flow) => return (Over::Left(flow), spoke),
                Waited::Person(Signal::SpeechBegan | Signal::SpeechPartial(_)) => {
                    (spoke, speaking) = (true, true);
                }
                Waited::Person(Signal::SpeechEnded(_)) => {
                    (spoke, speaking) = (true, false);
                    quiet_since = self.world.clock.now();
                }
                Waited::Person(Signal::Pressed(pressed)) => {
                    if let Some(key) = pressed.chars().find(|key| keys.contains(*key)) {
                        return (Over::Key(key), spoke);
                    }
                }
                Waited::Person(_) => {}
            }
        }
    }
}

fn told(recording: &Arc<Recording>, seconds: Millis, digits: &str) -> Vec<(String, String)> {
    let mut params = vec![
        ("RecordingUrl".to_owned(), recording.url().to_owned()),
        ("RecordingSid".to_owned(), recording.sid.clone()),
        ("RecordingDuration".to_owned(), seconds.to_string()),
    ];
    if !digits.is_empty() {
        params.push(("Digits".to_owned(), digits.to_owned()));
    }
    params
}
