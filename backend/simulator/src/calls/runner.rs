//! Runs a call: fetches documents, does what their verbs say, and settles how the call ended.
//! The verbs themselves live in `twiml`.

use std::sync::Arc;

use tokio::sync::mpsc;
use url::Url;

use super::callbacks::{self, Queued};
use super::ear::Ear;
use super::webhook::{self, Document, Fetch};
use super::{Call, Direction, Redirect, Signal, Status};
use crate::clock::Millis;
use crate::relay::voice::{Manner, Voice};
use crate::signing::Params;
use crate::twiml::Element;
use crate::world::World;

/// What a caller hears when an application fails for good.
const APPLICATION_ERROR: &str = "We are sorry, an application error has occurred. Goodbye.";

/// Who ended the call, when a document said so by its verb.
pub(crate) const HUNG_UP: &str = "hangup";

/// Where the call goes after a verb.
#[derive(Debug)]
pub(crate) enum Flow {
    /// To the next verb of the document.
    Next,
    /// To new instructions.
    Fetch(Fetch),
    /// To instructions given through REST.
    Twiml(String),
    /// To verbs of the carrier's own.
    Verbs(Vec<Element>),
    /// Nowhere; the word says who ended it.
    End(&'static str),
}

/// What happened while a verb waited.
pub(crate) enum Waited {
    /// The time is up.
    Elapsed,
    /// The person did something the verb may care about.
    Person(Signal),
    /// The call ends or goes elsewhere.
    Left(Flow),
}

/// A running call.
pub(crate) struct Runner {
    pub(crate) world: Arc<World>,
    pub(crate) call: Arc<Call>,
    pub(crate) inbox: mpsc::UnboundedReceiver<Signal>,
    /// Address of the current document, against which relative addresses resolve.
    pub(crate) base: Option<Url>,
    pub(crate) fallback: Option<(String, String)>,
    /// Status a call that was never answered ends with.
    pub(crate) unanswered: Status,
}

impl Runner {
    /// Runs to the end of the call.
    pub(crate) async fn run(mut self, first: Flow) {
        let who = Box::pin(self.until_end(first)).await;
        self.finish(if who == HUNG_UP { "agent" } else { who });
    }

    /// Follows instructions to their end; the word says who ended them.
    pub(crate) async fn until_end(&mut self, first: Flow) -> &'static str {
        let mut flow = first;
        loop {
            flow = match flow {
                Flow::Next => return "agent",
                Flow::End(who) => return who,
                Flow::Fetch(fetch) => Box::pin(self.fetch(fetch)).await,
                Flow::Twiml(body) => Box::pin(self.inline(body)).await,
                Flow::Verbs(verbs) => Box::pin(self.execute(&verbs)).await,
            };
        }
    }

    async fn fetch(&mut self, fetch: Fetch) -> Flow {
        match self.document(fetch).await {
            Some(document) => {
                self.base = document.base;
                Box::pin(self.execute(&document.verbs)).await
            }
            None => {
                self.answer();
                Box::pin(self.announce(APPLICATION_ERROR)).await;
                Flow::End("carrier")
            }
        }
    }

    /// Asks the address, then the fallback address.
    pub(crate) async fn document(&mut self, fetch: Fetch) -> Option<Document> {
        let failure = match webhook::document(&self.world, &self.call, &fetch).await {
            Ok(document) => return Some(document),
            Err(failure) => failure,
        };
        let now = self.world.clock.now();
        self.call.note_trouble(now, failure.code, failure.message);
        let (url, method) = self.fallback.clone()?;
        let mut params = fetch.params;
        params.push(("ErrorCode".to_owned(), failure.code.to_string()));
        params.push(("ErrorUrl".to_owned(), fetch.url));
        let again = Fetch {
            kind: "fallback",
            url,
            method,
            params,
        };
        match webhook::document(&self.world, &self.call, &again).await {
            Ok(document) => Some(document),
            Err(failure) => {
                self.call
                    .note_trouble(self.world.clock.now(), failure.code, failure.message);
                None
            }
        }
    }

    async fn inline(&mut self, body: String) -> Flow {
        self.base = None;
        self.call.note_twiml(self.world.clock.now(), None, &body);
        match crate::twiml::parse(&body) {
            Ok(verbs) => Box::pin(self.execute(&verbs)).await,
            Err(bad) => {
                self.call
                    .note_trouble(self.world.clock.now(), bad.code, bad.message);
                Box::pin(self.announce(APPLICATION_ERROR)).await;
                Flow::End("carrier")
            }
        }
    }

    /// Answers an incoming call; the first verb that is not a refusal does this.
    pub(crate) fn answer(&self) {
        if self.call.direction == Direction::Inbound
            && self.call.advance(Status::InProgress, self.world.clock.now())
        {
            callbacks::announce(&self.call, Status::InProgress);
        }
    }

    /// Turns a signal that ends or moves the call into its flow; anything else is not terminal.
    pub(crate) fn terminal(&self, signal: Signal) -> Option<Flow> {
        match signal {
            Signal::CallerHungUp => Some(Flow::End("caller")),
            Signal::Complete => Some(Flow::End("api")),
            Signal::Redirect(Redirect::Twiml(body)) => Some(Flow::Twiml(body)),
            Signal::Redirect(Redirect::Url { url, method }) => {
                let params = self.call.params(Status::InProgress);
                Some(Flow::Fetch(Fetch {
                    kind: "redirect",
                    url,
                    method,
                    params,
                }))
            }
            _ => None,
        }
    }

    /// Waits until `until`, or for ever, or until somebody does something.
    pub(crate) async fn wait(&mut self, until: Option<Millis>) -> Waited {
        let clock = self.world.clock;
        let signal = tokio::select! {
            signal = self.inbox.recv() => signal,
            () = clock.sleep_until(until.unwrap_or_default()), if until.is_some() => return Waited::Elapsed,
        };
        let Some(signal) = signal else {
            return Waited::Left(Flow::End("carrier"));
        };
        match signal {
            Signal::CallerHungUp | Signal::Complete | Signal::Redirect(_) => {
                Waited::Left(self.terminal(signal).unwrap_or(Flow::End("carrier")))
            }
            other => Waited::Person(other),
        }
    }

    /// Speaks to the end; `stop` says which signals cut it short, and the signal is handed back.
    pub(crate) async fn speak(
        &mut self,
        text: &str,
        mut ear: Ear,
        stop: impl Fn(&Signal) -> bool,
    ) -> Option<Waited> {
        let now = self.world.clock.now();
        let mut voice = Voice::new(self.world.config.chars_per_second, 0, now);
        voice.text(now, text, true, Manner::default());
        loop {
            let now = self.world.clock.now();
            let sounds = voice.advance(now);
            ear.hear(&self.call, now, &sounds);
            if !voice.is_busy() {
                return None;
            }
            let next = voice.next_change(now);
            let waited = match self.wait(next).await {
                Waited::Elapsed => continue,
                Waited::Person(signal) if !stop(&signal) => continue,
                other => other,
            };
            let now = self.world.clock.now();
            let (_, sounds) = voice.cut(now);
            ear.hear(&self.call, now, &sounds);
            return Some(waited);
        }
    }

    async fn announce(&mut self, text: &str) {
        self.speak(text, Ear::of_kind("announcement"), |_| false).await;
    }

    /// A request for more instructions, resolved against the current document.
    pub(crate) fn next_fetch(&self, kind: &'static str, url: &str, method: &str, extra: Params) -> Flow {
        let resolved = match (&self.base, Url::parse(url)) {
            (_, Ok(_)) => url.to_owned(),
            (Some(base), Err(_)) => match base.join(url) {
                Ok(joined) => joined.to_string(),
                Err(_) => url.to_owned(),
            },
            (None, Err(_)) => {
                self.call
                    .note_trouble(self.world.clock.now(), 15004, format!("relative address {url:?}"));
                return Flow::End("carrier");
            }
        };
        let mut params = self.call.params(self.call.status());
        params.extend(extra);
        Flow::Fetch(Fetch {
            kind,
            url: resolved,
            method: method.to_owned(),
            params,
        })
    }

    /// Writes the terminal status and sends the last callback.
    fn finish(&mut self, who: &'static str) {
        self.call.note_end(who);
        let now = self.world.clock.now();
        let status = match self.call.status() {
            Status::InProgress => Status::Completed,
            _ => self.unanswered,
        };
        let over = self.call.advance(status, now);
        crate::recordings::call_over(&self.world, &self.call);
        crate::conferences::gone(&self.world, &self.call, "participant_hung_up");
        if over {
            callbacks::announce(&self.call, status);
        }
        // Nobody delivers after a stop, and then nobody looks either.
        let _ = self.call.callbacks.send(Queued::Last);
    }
}
