//! A call in a conference: it waits, talks, is held and spoken to, until it leaves.

use std::sync::Arc;

use super::room::{Place, Room};
use super::seat::{Music, Seat};
use crate::calls::report::Heard;
use crate::calls::runner::{Flow, Runner, Waited};
use crate::calls::webhook::Fetch;
use crate::calls::{Hears, Signal, Status};
use crate::twiml::Element;
use crate::twiml::verbs::Stop;

/// Nobody listens to music for longer in one piece.
const LONG_MS: u64 = 24 * 3_600_000;
/// A document that says nothing is asked for again only after this.
const NOTHING_MS: u64 = 1_000;
/// Redirects followed for one piece of music.
const MOST_REDIRECTS: usize = 5;

/// Cut by everything that is new in the room.
const ANY_NEWS: Stop = Stop {
    keys: false,
    speech: false,
    room: true,
    leave: true,
};
/// Cut only when the room must be left.
const LEAVING: Stop = Stop {
    room: false,
    ..ANY_NEWS
};

impl Runner {
    /// Joins the call to a room until it leaves.
    pub(crate) async fn conference(&mut self, verb: &Element, noun: &Element) -> Flow {
        let seat = Seat::of_noun(noun, self.base.as_ref());
        let room = super::open(&self.world, &self.call.account_sid, noun.text.trim());
        if let Err(why) = room.join(&self.world, &self.call, seat) {
            self.call
                .note_trouble(self.world.clock.now(), why.code, why.message);
            return self.after_conference(verb, "failed");
        }
        self.call.change(|s| s.hears = Hears::Words);
        let left = Box::pin(self.stay(&room)).await;
        let reason = match &left {
            Some(Flow::End("caller")) => "participant_hung_up",
            _ => super::changes::REMOVED,
        };
        room.leave(&self.world, &self.call.sid, reason);
        match left {
            Some(flow) => flow,
            None => self.after_conference(verb, "answered"),
        }
    }

    fn after_conference(&self, verb: &Element, status: &str) -> Flow {
        let Some(action) = verb.attribute("action") else {
            return Flow::Next;
        };
        let params = vec![("DialCallStatus".to_owned(), status.to_owned())];
        self.next_fetch("dial", action, verb.attribute("method").unwrap_or("POST"), params)
    }

    /// Until the room is left: `None` when the room said so, otherwise where the call goes.
    async fn stay(&mut self, room: &Arc<Room>) -> Option<Flow> {
        loop {
            let waited = match room.place(&self.call.sid) {
                Place::Out => return None,
                Place::Talks => Some(self.wait(None).await),
                Place::Listens(music) => Box::pin(self.music(&music)).await,
                Place::Announced { url, method } => Box::pin(self.announced(room, url, method)).await,
            };
            match waited {
                Some(Waited::Left(flow)) => return Some(flow),
                Some(Waited::Person(Signal::Room(_)) | Waited::Elapsed) | None => {}
                Some(Waited::Person(signal)) => room.pass(&self.world, &self.call.sid, &signal),
            }
        }
    }

    /// Lets the participant listen until there is something new.
    async fn music(&mut self, music: &Music) -> Option<Waited> {
        match music {
            Music::Silence => self.pause_unless(LONG_MS, ANY_NEWS).await,
            Music::Usual => self.usual_music().await,
            Music::Url { url, method, kind } => {
                let waited = Box::pin(self.document_heard(kind, url, method, ANY_NEWS)).await;
                match waited {
                    Ok(None) => self.pause_unless(NOTHING_MS, ANY_NEWS).await,
                    Ok(waited) => waited,
                    Err(()) => self.usual_music().await,
                }
            }
        }
    }

    async fn usual_music(&mut self) -> Option<Waited> {
        let at_ms = self.call.since_start(self.world.clock.now());
        let line = self.call.change(|s| {
            s.report.heard.push(Heard {
                at_ms,
                kind: "music",
                text: "hold music".to_owned(),
                ..Heard::default()
            });
            s.report.heard.len() - 1
        });
        let waited = self.pause_unless(LONG_MS, ANY_NEWS).await;
        let until_ms = self.call.since_start(self.world.clock.now());
        self.call.change(|s| {
            if let Some(heard) = s.report.heard.get_mut(line) {
                heard.until_ms = Some(until_ms);
                heard.finished = true;
            }
        });
        waited
    }

    async fn announced(&mut self, room: &Room, url: String, method: String) -> Option<Waited> {
        let waited = Box::pin(self.document_heard("announce", &url, &method, LEAVING)).await;
        room.announced(&self.world, &self.call.sid, waited.is_ok());
        waited.ok().flatten()
    }

    /// Says and plays what a document says, without leaving the room. The error is that there was none.
    async fn document_heard(
        &mut self,
        kind: &'static str,
        url: &str,
        method: &str,
        stop: Stop,
    ) -> Result<Option<Waited>, ()> {
        let before = self.base.clone();
        let mut next = Some((url.to_owned(), method.to_owned()));
        let mut result = Ok(None);
        for _ in 0..MOST_REDIRECTS {
            let Some((url, method)) = next.take() else { break };
            let fetch = Fetch {
                kind,
                url,
                method,
                params: self.call.params(Status::InProgress),
            };
            let fallback = self.fallback.take();
            let document = self.document(fetch).await;
            self.fallback = fallback;
            let Some(document) = document else {
                result = Err(());
                break;
            };
            self.base = document.base;
            for verb in &document.verbs {
                if verb.name == "Redirect" {
                    let again = verb.attribute("method").unwrap_or("POST").to_owned();
                    if let Flow::Fetch(fetch) = self.next_fetch(kind, verb.text.trim(), &again, Vec::new()) {
                        next = Some((fetch.url, again));
                    }
                    break;
                }
                let waited = Box::pin(self.sound(verb, stop)).await;
                if waited.is_some() {
                    self.base = before;
                    return Ok(waited);
                }
            }
        }
        self.base = before;
        result
    }
}
