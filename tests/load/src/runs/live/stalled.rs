//! One more person, whose browser stops reading for a while and then comes back as our console does: it reads what is
//! left in its socket, opens a new one if that was closed, and asks for what came after the last thing it saw.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::glance::glance;
use super::watcher::{Came, Message, Watcher};
use super::watching::wall_clock_ns;
use crate::product::{Company, Product};

/// What the kernel keeps for this reader: little, so that the server soon feels that nobody reads.
const RECEIVE: usize = 32 * 1024;
/// How often a quiet socket is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// A reader who is this close behind has caught up.
const CLOSE_MS: i64 = 250;
/// How long catching up may take.
const WITHIN: Duration = Duration::from_secs(30);
/// The server takes twenty messages a second from a browser.
const ASK_EVERY: Duration = Duration::from_millis(60);
/// How the name of a line begins in a snapshot.
const LINE: &str = "\"item_";

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Finished sentences on the wall: their lines.
    pub(super) wall: HashSet<String>,
    /// Finished sentences of the own calls, as events or as lines of a snapshot.
    pub(super) calls: HashSet<String>,
    /// Our own calls by our id.
    pub(super) own: HashSet<String>,
}

/// How somebody caught up.
#[derive(Debug)]
pub(super) struct CaughtUp {
    /// How the socket ended while nobody read; none is that it did not.
    pub(super) ended: Option<String>,
    /// Topics that had to begin anew from a snapshot.
    pub(super) gaps: Vec<String>,
    /// From the first look after the stall until the newest event was seen.
    pub(super) took: Duration,
    /// Events read until then.
    pub(super) events: u64,
}

/// The person.
pub(super) struct Stalled<'a> {
    product: &'a Product,
    company: &'a Company,
    socket: Watcher,
    calls: Vec<String>,
    /// The newest place of each topic; the wall is the empty name.
    cursors: HashMap<String, String>,
    /// How old the newest event of the wall was when it was read.
    behind_ms: i64,
    pub(super) seen: Seen,
    events: u64,
    gaps: Vec<String>,
}

impl<'a> Stalled<'a> {
    /// Opens the wall and some calls.
    pub(super) fn open(product: &'a Product, company: &'a Company, calls: Vec<String>) -> Result<Self> {
        let token = product.sign_in(company)?;
        let mut stalled = Self {
            product,
            company,
            socket: connect(product.address, &product.ticket(&token)?)?,
            calls,
            cursors: HashMap::new(),
            behind_ms: i64::MAX,
            seen: Seen::default(),
            events: 0,
            gaps: Vec::new(),
        };
        stalled.subscribe()?;
        Ok(stalled)
    }

    /// Asks for everything, from where it was.
    fn subscribe(&mut self) -> Result<()> {
        self.socket
            .subscribe(None, self.cursors.get("").map(String::as_str))?;
        for call in &self.calls {
            std::thread::sleep(ASK_EVERY);
            self.socket
                .subscribe(Some(call), self.cursors.get(call).map(String::as_str))?;
        }
        Ok(())
    }

    /// Reads for as long as this; the socket must stay.
    pub(super) fn read_for(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if let Some(end) = self.look() {
                bail!("the socket of the one who stalls was closed while it read: {end}");
            }
        }
        Ok(())
    }

    /// Reads nothing for `time`, and then catches up.
    pub(super) fn stall(&mut self, time: Duration) -> Result<CaughtUp> {
        std::thread::sleep(time);
        let begun = Instant::now();
        let before = self.events;
        let mut ended = None;
        self.gaps.clear();
        self.behind_ms = i64::MAX;
        while self.behind_ms > CLOSE_MS {
            if begun.elapsed() > WITHIN {
                bail!("the one who stalled is still {} ms behind", self.behind_ms);
            }
            if let Some(end) = self.look() {
                if ended.is_some() {
                    bail!("the new socket of the one who stalled was closed: {end}");
                }
                ended = Some(end);
                let token = self.product.sign_in(self.company)?;
                self.socket = connect(self.product.address, &self.product.ticket(&token)?)?;
                self.subscribe()?;
            }
        }
        Ok(CaughtUp {
            ended,
            gaps: std::mem::take(&mut self.gaps),
            took: begun.elapsed(),
            events: self.events - before,
        })
    }

    /// One look at the socket; gives how it ended, if it did.
    fn look(&mut self) -> Option<String> {
        match self.socket.fill() {
            Came::Nothing => return None,
            Came::End => return Some("the connection ended".to_owned()),
            Came::Bytes => {}
        }
        while let Some(message) = self.socket.next() {
            match message {
                Message::Closed(code) => return Some(format!("closed with {code}")),
                Message::Text(text) => match glance(text) {
                    Some(seen) => {
                        self.events += 1;
                        let is_final = seen.event == "speech.final";
                        let item = seen.item.filter(|_| is_final).map(str::to_owned);
                        let topic = if seen.wall {
                            self.behind_ms = wall_clock_ns() / 1_000_000 - seen.at_ms;
                            self.seen.wall.extend(item);
                            String::new()
                        } else {
                            self.seen.own.insert(seen.call.to_owned());
                            self.seen.calls.extend(item);
                            // Calls are asked for by the carrier's names of them.
                            sid(text).unwrap_or_default().to_owned()
                        };
                        self.cursors.insert(topic, seen.cursor.to_owned());
                    }
                    None if text.starts_with(r#"{"op":"gap""#) => self.gaps.push(text.to_owned()),
                    None if text.starts_with(r#"{"op":"snapshot","topic":"call","#) => {
                        let lines = text.split(LINE).skip(1);
                        let lines =
                            lines.filter_map(|rest| Some(format!("item_{}", rest.split_once('"')?.0)));
                        self.seen.calls.extend(lines);
                    }
                    None => {}
                },
            }
        }
        None
    }
}

/// The carrier's name of a call in an event.
fn sid(event: &str) -> Option<&str> {
    Some(event.split_once(r#""call_sid":""#)?.1.split_once('"')?.0)
}

fn connect(address: SocketAddr, ticket: &str) -> Result<Watcher> {
    let socket = Watcher::open(address, ticket, Some(RECEIVE))?;
    socket
        .stream
        .set_read_timeout(Some(LOOK))
        .context("no patience")?;
    Ok(socket)
}
