//! What each TwiML verb does to a call.

use super::Element;
use crate::calls::ear::Ear;
use crate::calls::runner::{Flow, HUNG_UP, Runner, Waited};
use crate::calls::webhook::{self, Fetch};
use crate::calls::{Hears, RoomOrder, Signal, Status};
use crate::recordings::{self, Wish};
use crate::relay::session::{self, Outcome};
use crate::stream;

/// Which input cuts what is being played.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stop {
    pub(crate) keys: bool,
    pub(crate) speech: bool,
    /// News of the conference the call is in, or only that it must be left.
    pub(crate) room: bool,
    pub(crate) leave: bool,
}

impl Stop {
    fn by(self, signal: &Signal) -> bool {
        match signal {
            Signal::Pressed(_) => self.keys,
            Signal::SpeechBegan => self.speech,
            Signal::Room(order) => self.room || self.leave && *order == RoomOrder::Leave,
            _ => false,
        }
    }
}

/// The noun of a `<Connect>`; of several only the first runs.
fn noun(verb: &Element) -> Option<&Element> {
    if verb.name != "Connect" {
        return None;
    }
    verb.children
        .iter()
        .find(|child| matches!(child.name.as_str(), "ConversationRelay" | "Stream"))
}

impl Runner {
    /// Runs the verbs of a document from top to bottom.
    pub(crate) async fn execute(&mut self, verbs: &[Element]) -> Flow {
        for (position, verb) in verbs.iter().enumerate() {
            match Box::pin(self.verb(verb, position == 0)).await {
                Flow::Next => {}
                flow => return flow,
            }
        }
        self.answer();
        Flow::End("agent")
    }

    async fn verb(&mut self, verb: &Element, first: bool) -> Flow {
        // A stream hears nothing before it is open.
        let hears = if noun(verb).is_some_and(|noun| noun.name == "Stream") {
            Hears::Nothing
        } else {
            Hears::Words
        };
        self.call.change(|s| s.hears = hears);
        match verb.name.as_str() {
            "Reject" if first => return self.reject(verb),
            "Pause" if first => {}
            _ => self.answer(),
        }
        match verb.name.as_str() {
            "Say" | "Play" | "Pause" => self.output(verb).await,
            "Gather" => Box::pin(self.gather(verb)).await,
            "Dial" => Box::pin(self.dial(verb)).await,
            "Start" => {
                self.start(verb);
                Flow::Next
            }
            "Stop" => {
                for noun in verb.children.iter().filter(|noun| noun.name == "Stream") {
                    self.stop_fork(noun);
                }
                Flow::Next
            }
            "Record" => Box::pin(self.record(verb)).await,
            "Connect" => Box::pin(self.connect(verb)).await,
            "Redirect" => {
                let method = verb.attribute("method").unwrap_or("POST").to_owned();
                self.next_fetch("redirect", verb.text.trim(), &method, Vec::new())
            }
            "Hangup" => Flow::End(HUNG_UP),
            other => {
                self.call.note_trouble(
                    self.world.clock.now(),
                    12200,
                    format!("verb {other} is not simulated here"),
                );
                Flow::Next
            }
        }
    }

    fn reject(&mut self, verb: &Element) -> Flow {
        self.unanswered = if verb.attribute("reason") == Some("busy") {
            Status::Busy
        } else {
            Status::NoAnswer
        };
        Flow::End("agent")
    }

    async fn output(&mut self, verb: &Element) -> Flow {
        match Box::pin(self.sound(verb, Stop::default())).await {
            Some(Waited::Left(flow)) => flow,
            _ => Flow::Next,
        }
    }

    /// Plays one output verb; input that `stop` names cuts it and is handed back.
    pub(crate) async fn sound(&mut self, verb: &Element, stop: Stop) -> Option<Waited> {
        match verb.name.as_str() {
            "Say" => Box::pin(self.say(verb, stop)).await,
            "Play" if verb.attribute("digits").is_some() => {
                let digits = verb.attribute("digits").unwrap_or_default();
                self.call.note_heard(self.world.clock.now(), "digits", digits);
                None
            }
            "Play" => Box::pin(self.play(verb, stop)).await,
            "Pause" => self.pause_unless(verb.number("length", 1) * 1_000, stop).await,
            _ => None,
        }
    }

    async fn say(&mut self, verb: &Element, stop: Stop) -> Option<Waited> {
        let times = match verb.number("loop", 1) {
            0 => 1_000,
            times => times,
        };
        for _ in 0..times {
            let waited = self
                .speak(&verb.spoken(), Ear::default(), |signal| stop.by(signal))
                .await;
            if waited.is_some() {
                return waited;
            }
        }
        None
    }

    /// Lets time pass until input that `stop` names comes, which is handed back.
    pub(crate) async fn pause_unless(&mut self, ms: u64, stop: Stop) -> Option<Waited> {
        let until = self.world.clock.now() + ms;
        loop {
            match self.wait(Some(until)).await {
                Waited::Elapsed => return None,
                Waited::Person(signal) if !stop.by(&signal) => {}
                other => return Some(other),
            }
        }
    }

    async fn connect(&mut self, verb: &Element) -> Flow {
        let Some(noun) = noun(verb) else {
            self.call.note_trouble(
                self.world.clock.now(),
                12200,
                "Connect has no noun this carrier knows",
            );
            return Flow::Next;
        };
        if noun.name == "Stream" {
            return Box::pin(self.stream(verb, noun)).await;
        }
        let session = Box::pin(session::run(self, noun)).await;
        let mut params = vec![
            ("SessionId".to_owned(), session.id),
            (
                "SessionDuration".to_owned(),
                (session.duration_ms / 1000).to_string(),
            ),
        ];
        let mut put = |name: &str, value: String| params.push((name.to_owned(), value));
        let action = verb.attribute("action").map(str::to_owned);
        let method = verb.attribute("method").unwrap_or("POST").to_owned();
        match session.outcome {
            Outcome::Ended { handoff } => {
                put("SessionStatus", "ended".to_owned());
                if let Some(handoff) = handoff {
                    put("HandoffData", handoff);
                }
            }
            Outcome::Failed { code, message } => {
                put("SessionStatus", "failed".to_owned());
                put("ErrorCode", code.to_string());
                put("ErrorMessage", message);
            }
            Outcome::Left(Flow::End(who)) => {
                put("SessionStatus", "completed".to_owned());
                if let Some(action) = action {
                    self.farewell(&action, &method, params).await;
                }
                return Flow::End(who);
            }
            Outcome::Left(flow) => return flow,
        }
        match action {
            Some(action) => self.next_fetch("action", &action, &method, params),
            None => Flow::Next,
        }
    }

    /// What runs beside the call: recordings. Streams in one direction are not simulated.
    fn start(&self, verb: &Element) {
        for noun in &verb.children {
            if noun.name == "Recording" {
                recordings::start(&self.world, &self.call, Wish::of_noun(noun));
            } else if noun.name == "Stream" {
                self.start_fork(noun);
            } else {
                self.call.note_trouble(
                    self.world.clock.now(),
                    12200,
                    format!("noun {} is not simulated here", noun.name),
                );
            }
        }
    }

    async fn stream(&mut self, verb: &Element, noun: &Element) -> Flow {
        let outcome = Box::pin(stream::session::run(self, noun)).await;
        let action = verb.attribute("action").map(str::to_owned);
        let method = verb.attribute("method").unwrap_or("POST").to_owned();
        match (outcome, action) {
            (stream::session::Outcome::Over, Some(action)) => {
                self.next_fetch("action", &action, &method, Vec::new())
            }
            (stream::session::Outcome::Over, None) => Flow::Next,
            (stream::session::Outcome::Left(Flow::End(who)), Some(action)) => {
                self.farewell(&action, &method, Vec::new()).await;
                Flow::End(who)
            }
            (stream::session::Outcome::Left(flow), _) => flow,
        }
    }

    /// The action request after the caller has gone: sent for the record, its answer is ignored.
    pub(super) async fn farewell(&mut self, action: &str, method: &str, extra: Vec<(String, String)>) {
        if !self.world.settings().action_after_hangup {
            return;
        }
        let Flow::Fetch(Fetch { url, .. }) = self.next_fetch("action", action, method, Vec::new()) else {
            return;
        };
        let mut params = self.call.params(Status::Completed);
        params.extend(extra);
        let fetch = Fetch {
            kind: "action",
            url,
            method: method.to_owned(),
            params,
        };
        webhook::notify(&self.world, &self.call, &fetch, None).await;
    }
}
