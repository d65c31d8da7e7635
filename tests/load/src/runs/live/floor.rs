//! A floor of callers, held by the simulator: they ring, talk, listen, and stay until they are sent away.

use std::collections::{BTreeSet, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::http;
use crate::product::Company;

/// What callers say and what they hear. No word of it means anything to the simulator's own receptionist.
const TALK: [(&str, &str); 6] = [
    (
        "I would like to move my appointment to Thursday afternoon.",
        "Of course. On Thursday there is a quarter past two or half past three.",
    ),
    (
        "My name is Sandra Whitfield and I was with you last spring.",
        "Thank you, Sandra. I have found you, and your notes are in front of me.",
    ),
    (
        "The second one suits me better, as I have to work before.",
        "Then half past three it is. You will get a message to confirm it.",
    ),
    (
        "Could you tell me how long the whole visit is going to take?",
        "Usually about forty minutes, with a little time for questions after it.",
    ),
    (
        "My daughter comes along and she would need a seat as well.",
        "That is no trouble at all. I have made a note of it for the front desk.",
    ),
    (
        "And is there anything that I ought to bring with me then?",
        "Only the letter from your doctor, and the list of what you take now.",
    ),
];
/// A caller thinks before speaking again.
const THINKS_MS: u64 = 1_200;
/// Between two callers who ring.
const RING_EVERY: Duration = Duration::from_millis(80);
/// How long a caller takes to get through, or to be sent away.
const THROUGH_WITHIN: Duration = Duration::from_secs(6);
/// How often a caller rings at the most.
const TRIES: usize = 5;

/// Over what the caller with this number talks: of fifty, five over gather, two over realtime, the others over relay.
fn engine(number: usize) -> &'static str {
    match number % 50 {
        24 | 49 => "realtime",
        at if at % 10 == 6 => "gather",
        _ => "relay",
    }
}

/// How many callers talk over which engine, in words.
pub(super) fn mix(calls: usize) -> String {
    let over = |wanted: &str| (0..calls).filter(|number| engine(*number) == wanted).count();
    format!(
        "{} over relay, {} over gather, {} over realtime",
        over("relay"),
        over("gather"),
        over("realtime")
    )
}

/// The callers.
#[derive(Debug)]
pub(super) struct Floor {
    simulator: SocketAddr,
    /// The carrier's ids, in the order in which they rang.
    pub(super) calls: Vec<String>,
    /// How often somebody had to ring again.
    pub(super) again: usize,
}

impl Floor {
    /// Has all of them ring one after the other and waits until all are through. Each says
    /// `sentences` sentences.
    pub(super) fn open(
        simulator: SocketAddr,
        company: &Company,
        calls: usize,
        sentences: usize,
    ) -> Result<Self> {
        let rules: Vec<Value> = TALK
            .iter()
            .map(|(said, reply)| json!({"when_contains": said, "reply": reply}))
            .collect();
        ask(simulator, "POST", "/sim/model/rules", Some(&json!(rules)))?;
        let mut floor = Self {
            simulator,
            calls: Vec::new(),
            again: 0,
        };
        let mut next = Instant::now();
        for number in 0..calls {
            let call = floor.ring(company, number, sentences)?;
            floor.calls.push(call);
            next += RING_EVERY;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        // A server that was just too busy has sent some of them away; they try again, as people do.
        for _ in 0..TRIES {
            std::thread::sleep(THROUGH_WITHIN);
            let up = floor.standing()?;
            for number in 0..calls {
                if !up.contains(&floor.calls[number]) {
                    floor.again += 1;
                    floor.calls[number] = floor.ring(company, number, sentences)?;
                    std::thread::sleep(RING_EVERY);
                }
            }
            if up.len() == calls {
                return Ok(floor);
            }
        }
        bail!("only {} of {calls} callers got through", floor.up()?)
    }

    fn ring(&self, company: &Company, number: usize, sentences: usize) -> Result<String> {
        let to = match engine(number) {
            "realtime" => &company.realtime,
            "gather" => &company.gather,
            _ => &company.relay,
        };
        let script: Vec<Value> = (0..sentences)
            .flat_map(|at| {
                let (said, _) = TALK[(number + at) % TALK.len()];
                [json!({"say": said}), json!({"wait_ms": THINKS_MS})]
            })
            .collect();
        let from = format!("+1415556{number:04}");
        let call = json!({"from": from, "to": to.e164, "script": script, "live": true});
        let made = ask(self.simulator, "POST", "/sim/calls", Some(&call))?;
        Ok(made["call_sid"]
            .as_str()
            .context("a call without a name")?
            .to_owned())
    }

    /// How many are on the line now.
    pub(super) fn up(&self) -> Result<usize> {
        Ok(self.standing()?.len())
    }

    /// How those that are gone have ended, each once.
    pub(super) fn ends(&self) -> Result<BTreeSet<String>> {
        let all = ask(self.simulator, "GET", "/sim/calls", None)?;
        let gone = all["data"].as_array().into_iter().flatten().filter(|call| {
            let sid = call["call_sid"].as_str().unwrap_or_default();
            call["status"] != "in-progress" && self.calls.iter().any(|ours| ours == sid)
        });
        Ok(gone
            .map(|call| format!("{} by {}", call["status"], call["ended_by"]))
            .collect())
    }

    /// Our calls that are on the line.
    fn standing(&self) -> Result<HashSet<String>> {
        let all = ask(self.simulator, "GET", "/sim/calls", None)?;
        let ours: HashSet<&str> = self.calls.iter().map(String::as_str).collect();
        let up = all["data"]
            .as_array()
            .context("no calls")?
            .iter()
            .filter_map(|call| {
                let sid = call["call_sid"].as_str().filter(|sid| ours.contains(sid))?;
                (call["status"] == "in-progress").then(|| sid.to_owned())
            });
        Ok(up.collect())
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        for call in &self.calls {
            // One that is gone already has hung up.
            let _ = ask(self.simulator, "POST", &format!("/sim/calls/{call}/hangup"), None);
        }
    }
}

fn ask(simulator: SocketAddr, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let headers = [("Content-Type", "application/json"), ("Connection", "close")];
    let text = body.map(Value::to_string);
    http::request(simulator, method, path, &headers, text.as_deref())?.json(&format!("{method} {path}"))
}
