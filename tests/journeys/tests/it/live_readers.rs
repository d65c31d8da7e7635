//! Readers of the live socket over real connections: one that stops reading harms nobody and catches up, and those that
//! are cut off again and again lose and repeat nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{join, join_all};
use phony_conversation::{EventBody, Speaker};
use phony_journeys::{Caller, Client, LiveSocket, Product, Tenant, eventually};
use phony_kernel::{CallId, ItemId, Role, TenantId};
use serde_json::{Value, json};

/// Lines of a talk that is told faster than anybody talks.
const LINES: usize = 3_000;
/// With so much text in each, more than a connection takes of a reader that does not read.
const LINE_BYTES: usize = 4_096;
const TOLD_AT_ONCE: usize = 100;
/// More than are kept for those who come late.
const MANY: usize = 6_000;
/// Cuts of all readers together.
const CUTS: usize = 300;
const READERS: usize = 4;
const SHORT_LINES: usize = 400;
/// How far the talk may be ahead of the slowest reader.
const AHEAD: usize = 64;
const WORDS: &str = "Do you repair bells?";

/// A live call, and a talk in it that only those who watch are told of.
struct Talk {
    product: Product,
    acme: Tenant,
    caller: Caller,
    tenant: TenantId,
    call: CallId,
}

impl Talk {
    async fn new() -> Self {
        let product = Product::start().await;
        let acme = product.tenant("acme").await;
        let number = product.buy_number(&acme).await;
        let caller = product.ring(number["e164"].as_str().unwrap(), &json!([])).await;
        caller.hears("help").await;
        caller.say(WORDS).await;
        let path = format!("/v1/calls/{}", caller.call_sid);
        let call = eventually("the words are stored", async || {
            let items = acme.admin.get(&format!("{path}/items")).await.expect(200);
            items.text.contains(WORDS).then_some(())?;
            let call = acme.admin.get(&path).await.expect(200);
            call["id"].as_str()?.parse().ok()
        })
        .await;
        // Who waits is not asked whether they are there.
        let hold = json!({ "action_id": "hold", "type": "hold" });
        assert_eq!(acme.admin.act(&caller.call_sid, &hold).await["status"], "applied");
        Self {
            tenant: acme.id.parse().unwrap(),
            product,
            acme,
            caller,
            call,
        }
    }

    async fn tells(&self, body: EventBody) {
        let (engine, sid) = (&self.product.app.engine, &self.caller.call_sid);
        engine.announce(self.tenant, self.call, sid, body).await;
    }

    /// A line of the talk, so far or whole.
    async fn line(&self, number: usize, item_id: ItemId, bytes: usize, is_whole: bool) {
        let (speaker, text) = (Speaker::Caller, format!("line {number} {}", "x".repeat(bytes)));
        self.tells(if is_whole {
            let language = None;
            EventBody::SpeechFinal {
                item_id,
                speaker,
                text,
                language,
            }
        } else {
            EventBody::SpeechPartial {
                item_id,
                speaker,
                text,
            }
        })
        .await;
    }

    async fn lines(&self, numbers: std::ops::Range<usize>, bytes: usize) {
        for number in numbers {
            self.line(number, ItemId::new(), bytes, true).await;
        }
    }

    /// A socket at the call, from a cursor on. One that was dropped a moment ago may still be counted.
    async fn open(&self, client: &Client, after: Option<&str>) -> LiveSocket {
        let mut live = eventually("an open socket", async || {
            let made = client.post("/v1/ws_tickets", &json!({ "purpose": "live" })).await;
            if matches!(made.status, 429 | 503) {
                return None;
            }
            let made = made.expect(201);
            let ticket = made["ticket"].as_str().unwrap();
            match LiveSocket::open_with(&self.product.url, ticket, None).await {
                Ok(live) => Some(live),
                Err(429 | 503) => None,
                Err(status) => panic!("refused with {status}"),
            }
        })
        .await;
        let mut topic = json!({ "op": "subscribe", "topic": "call", "id": self.caller.call_sid });
        if let Some(after) = after {
            topic["after"] = json!(after);
        }
        live.send(&topic).await;
        live
    }

    /// A socket at the call that has had its snapshot, and where its events go on.
    async fn watches(&self, client: &Client) -> (LiveSocket, String) {
        let mut live = self.open(client, None).await;
        let snapshot = live
            .wait_for("the console", |frame| frame["op"] == "snapshot")
            .await;
        (live, snapshot["cursor"].as_str().unwrap().to_owned())
    }
}

/// The number of a whole line of the talk.
fn line_of(frame: &Value) -> Option<usize> {
    if frame["event"] != "speech.final" {
        return None;
    }
    let rest = frame["data"]["text"].as_str()?.strip_prefix("line ")?;
    rest.split(' ').next()?.parse().ok()
}

/// Reads lines in their order, none left out and none twice, up to one of them.
async fn reads_on(live: &mut LiveSocket, next: &mut usize, to: usize) {
    while *next <= to {
        let frame = live
            .wait_for("a line", |frame| line_of(frame).is_some() || frame["op"] == "gap")
            .await;
        assert_eq!(line_of(&frame), Some(*next), "{}", frame["op"]);
        live.seen.clear();
        *next += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_harms_nobody_and_catches_up() {
    let talk = Talk::new().await;
    let ben = talk.product.member(&talk.acme, Role::Supervisor).await;
    let (mut reads, _) = talk.watches(&talk.acme.admin).await;
    let (mut stalls, mut cursor) = talk.watches(&ben).await;
    reads
        .wait_for("the second one watches", |frame| {
            let other = frame["event"] == "supervision.joined";
            other && frame["data"]["actor"]["name"] == "Some supervisor"
        })
        .await;
    // From here on nobody takes from the second one's connection.
    let mut next = 1;
    while next <= LINES {
        let to = (next + TOLD_AT_ONCE - 1).min(LINES);
        talk.lines(next..to + 1, LINE_BYTES).await;
        reads_on(&mut reads, &mut next, to).await;
    }
    reads
        .wait_for("the server lets the one go that does not read", |frame| {
            let gone = frame["event"] == "supervision.left";
            gone && frame["data"]["actor"]["name"] == "Some supervisor"
        })
        .await;
    // What had been kept for it was no more than a connection holds, and in order.
    let mut had = 1;
    let closed = loop {
        match stalls.next().await {
            Ok(frame) => {
                assert_ne!(frame["op"], "gap");
                if let Some(line) = line_of(&frame) {
                    assert_eq!(line, had);
                    had += 1;
                }
                if let Some(after) = frame["cursor"].as_str() {
                    after.clone_into(&mut cursor);
                }
                stalls.seen.clear();
            }
            Err(code) => break code,
        }
    };
    assert!([4408, 1006].contains(&closed), "closed with {closed}");
    assert!(
        had > 1 && had < LINES * 3 / 4,
        "{had} of {LINES} lines waited for nobody"
    );
    // It comes back with what it had last, and has the rest.
    let mut back = talk.open(&ben, Some(&cursor)).await;
    reads_on(&mut back, &mut had, LINES).await;
    drop(back);

    // Who comes back too late is told so, and begins anew with what was said.
    while next <= LINES + MANY {
        let to = next + TOLD_AT_ONCE - 1;
        talk.lines(next..to + 1, 1).await;
        reads_on(&mut reads, &mut next, to).await;
    }
    let mut late = talk.open(&ben, Some(&cursor)).await;
    let first = late.next().await.unwrap();
    let told = (&first["op"], &first["topic"], &first["id"]);
    assert_eq!(
        told,
        (&json!("gap"), &json!("call"), &json!(talk.caller.call_sid)),
        "{first}"
    );
    let snapshot = late.next().await.unwrap();
    assert_eq!(snapshot["op"], "snapshot");
    let items = snapshot["state"]["live"]["items"].as_array().unwrap();
    assert!(
        items.iter().any(|item| item["text"] == WORDS),
        "what was said is there"
    );
    let last = format!("line {} x", next - 1);
    assert!(
        items.iter().any(|item| item["text"] == last.as_str()),
        "up to the last line"
    );
    late.seen.clear();
    talk.lines(next..next + 1, 1).await;
    let last = next;
    reads_on(&mut late, &mut next, last).await;
    talk.caller.hang_up().await;
    talk.caller.is_over().await;
}

/// Numbers without a pattern, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Reads the whole talk over connections that break: after some frames, or in the middle of what is on its way.
async fn is_cut_off(talk: &Talk, client: &Client, cursor: String, mut dice: Dice, read: &AtomicUsize) {
    let (mut cursor, mut cuts) = (cursor, 0);
    while read.load(Ordering::Relaxed) < SHORT_LINES || cuts < CUTS / READERS {
        let mut live = talk.open(client, Some(&cursor)).await;
        let is_done = read.load(Ordering::Relaxed) == SHORT_LINES;
        let frames = if is_done { 0 } else { dice.below(20) };
        for _ in 0..frames {
            if read.load(Ordering::Relaxed) == SHORT_LINES {
                break;
            }
            let frame = live.next().await.expect("an open socket");
            assert_ne!(frame["op"], "gap");
            if let Some(line) = line_of(&frame) {
                assert_eq!(line, read.fetch_add(1, Ordering::Relaxed) + 1);
            }
            if let Some(after) = frame["cursor"].as_str() {
                after.clone_into(&mut cursor);
            }
        }
        if frames == 0 {
            tokio::time::sleep(Duration::from_micros(dice.below(5_000))).await;
        }
        // Not closed: gone.
        drop(live);
        cuts += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_cut_off_loses_and_repeats_nothing() {
    let talk = Talk::new().await;
    let (mut people, mut cursors) = (Vec::new(), Vec::new());
    for _ in 0..READERS {
        let person = talk.product.member(&talk.acme, Role::Supervisor).await;
        cursors.push(talk.watches(&person).await.1);
        people.push(person);
    }
    let read: Vec<AtomicUsize> = (0..READERS).map(|_| AtomicUsize::new(0)).collect();
    let slowest = || {
        read.iter()
            .map(|read| read.load(Ordering::Relaxed))
            .min()
            .unwrap()
    };
    let tells = async {
        for number in 1..=SHORT_LINES {
            while number > slowest() + AHEAD {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let item = ItemId::new();
            talk.line(number, item, 8, false).await;
            talk.line(number, item, 16, false).await;
            talk.line(number, item, 32, true).await;
        }
    };
    let readers = people.iter().zip(cursors).zip(&read).enumerate();
    let readers = readers.map(|(seed, ((person, cursor), read))| {
        let dice = Dice(0x9e37_79b9_7f4a_7c15 + seed as u64);
        is_cut_off(&talk, person, cursor, dice, read)
    });
    join(tells, join_all(readers)).await;
    assert_eq!(slowest(), SHORT_LINES);
    talk.caller.hang_up().await;
    talk.caller.is_over().await;
}
